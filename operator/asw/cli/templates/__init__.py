"""Workflows to begin with: each folder here is a template, ``writing`` puts one into a folder.

The files are data: ``__NAME__`` in them stands for the name of the Workflow.
"""
