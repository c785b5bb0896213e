"""Test files of workflows: their format, how cases are played, and the results.

Pure but for ``reading``, ``mocks``, ``real`` and ``updating``, which touch files and processes.
"""
