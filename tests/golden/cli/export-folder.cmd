mkdir $TMP/profiles
cp good.toml calls.toml $TMP/profiles
echo "not one" > $TMP/profiles/notes.txt
glacis export apparmor $TMP/profiles
glacis export apparmor --quiet $TMP/profiles -o $TMP/back && ls $TMP/back
glacis export seccomp --quiet $TMP/profiles -o $TMP/filters && ls $TMP/filters
glacis export systemd --strict --quiet good.toml calls.toml -o $TMP/units
ls $TMP/units
echo "schema = 7" > $TMP/profiles/broken.toml
glacis export kubearmor --quiet $TMP/profiles -o $TMP/policies
ls $TMP/policies
mkdir $TMP/none && glacis export apparmor $TMP/none -o $TMP/x
