# as: nobody
glacis mode good audit
