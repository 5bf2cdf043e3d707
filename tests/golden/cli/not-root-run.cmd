# as: nobody
glacis run --profile good -- true
