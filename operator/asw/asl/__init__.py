"""The language: model, parser, problems, paths, templates, intrinsics, Choice rules, error names.

Pure: knows nothing of executions, time or I/O.
"""
