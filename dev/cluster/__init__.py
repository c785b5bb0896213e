"""A throw-away Kubernetes cluster for development and tests: `python3 -m dev.cluster VERB`.

With Docker and kind at hand the cluster is kind's. Without them it is one node of real
Kubernetes, built from Go modules and Debian packages and run as plain processes of this machine.
Standard library only.

Layers, each importing only those before it: `errors`, `settings`, `commands`, `locks`; then one
module for each thing of the machine (`processes`, `cgroups`, `mounts`, `firewall`, `network`,
`packages`, `certificates`, `binaries`, `archives`, `containerd`, `buildah`, `api`); then what
the node consists of, as data (`configuration`, `daemons`); then `bases`, `kubeconfig`, `machine`
and `remains`; then `node` and `kind`, the two ways to have a cluster; last `images`, and
`__main__`, the verbs.
"""
