"""The language: model, parser, lint rules, paths, templates, intrinsics, Choice rules, error names.

Pure. Must not know executions, time or I/O.
"""
