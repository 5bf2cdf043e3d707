printf "kind: KubeArmorPolicy\nspec: [\n" >"$TMP/x.yaml"; glacis import kubearmor -q "$TMP/x.yaml"; echo $?
