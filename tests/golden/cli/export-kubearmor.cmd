glacis export kubearmor good.toml -q
