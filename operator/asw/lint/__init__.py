"""Reads and checks files of manifests and definitions, and tells each fault with its place."""
