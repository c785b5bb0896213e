"""Tasks as Jobs and Pods: makes manifests, and interprets what is seen of them. Pure."""
