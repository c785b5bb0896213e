"""Files of manifests and definitions: read, checked, and what is wrong told with its place."""
