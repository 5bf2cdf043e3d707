glacis export apparmor --abi 4.0 good.toml
