# as: nobody
glacis status
