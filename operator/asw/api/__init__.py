"""The custom resources as pydantic models, and every name that the outside sees.

Labels, conditions, reasons, ARNs and qrns live here. Must not know any client.
"""
