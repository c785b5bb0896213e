"""``asw plan``: what applying manifests would change, in terms of the language.

``values`` compares JSON, ``machines`` state machines, ``objects`` Workflows and Functions, and
``in_flight`` says whether a new definition fits runs in flight; all are pure. Only ``gathering``
asks the cluster, or this machine's store.
"""
