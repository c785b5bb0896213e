"""Exports of Step Functions and of Tencent ASW as manifests: ``asw import``.

All is pure but ``folder`` and ``bringing``: readers see neighbouring files through a port, and what
they find becomes values (``found``), then manifests, and notes for the report.
"""
