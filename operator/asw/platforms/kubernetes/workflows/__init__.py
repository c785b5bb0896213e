"""Workflows and Functions: checked, pinned as revisions, told what is wrong."""
