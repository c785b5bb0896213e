"""Images of Functions: base, packages and code as layers, made and pushed without a daemon.

Sources: OCI image-spec 1.1 and distribution-spec 1.1. Must not know how manifests are printed.
"""
