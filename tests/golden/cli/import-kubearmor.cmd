glacis import kubearmor kubearmor/web.yaml
