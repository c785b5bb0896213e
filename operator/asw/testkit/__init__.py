"""Test files of workflows: what they say, how their cases are played, and what came of it.

Pure but for ``discovery``, ``reading``, ``real`` and ``update``, which touch files and processes.
"""
