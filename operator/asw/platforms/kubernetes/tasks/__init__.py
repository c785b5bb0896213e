"""Tasks as Jobs and Pods: manifests made, and what is seen of them read. Pure."""
