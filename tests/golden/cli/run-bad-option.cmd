glacis run --profil good -- true
