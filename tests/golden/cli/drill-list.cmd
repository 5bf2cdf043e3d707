glacis drill list
