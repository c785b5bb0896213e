"""Test files of workflows: what they say, how their cases are played, and what came of it.

Pure but for ``reading``, ``mocks``, ``real`` and ``updating``, which touch files and processes.
"""
