# as: nobody
glacis unload good
