"""The custom resources as pydantic models, and all names visible from outside.

Labels, conditions, reasons and ARNs live here. Must not know any client.
"""
