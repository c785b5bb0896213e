"""The ``Platform`` port on Kubernetes: client, Jobs, outcomes of Pods, storage, result server.

Must not know the engine's inside, nor ``asw.platforms.local``.
"""
