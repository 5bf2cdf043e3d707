# as: nobody
glacis drill run good
