"""Turns exports of Step Functions and of Tencent ASW into manifests: ``asw import``.

All is pure except ``folder``: readers see neighbouring files through a port. What they find becomes
values (``found``), then manifests, and notes for the report.
"""
