glacis run --profil good -- true; glacis run -p good true
