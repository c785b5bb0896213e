"""Exported executions: one file that holds all that is known of one, to be read anywhere.

``contents`` is the format (docs/reference/bundles.md), ``redaction`` takes payloads out of it;
both are pure. ``exporting`` asks the port and writes.
"""
