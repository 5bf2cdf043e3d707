# as: nobody
glacis adopt 1234 --profile good
