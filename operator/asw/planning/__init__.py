"""``asw plan``: what would change in a cluster if manifests were applied, in terms of the language.

``values`` compares JSON, ``machines`` state machines, ``objects`` Workflows and Functions; all of
them are pure. ``flight`` says of runs whether a new definition fits them, ``drawing`` makes text
of it all, and ``gathering`` alone asks files and cluster.
"""
