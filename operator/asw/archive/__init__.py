"""The archive: a database of finished executions that outlives their objects.

An archived run is a row to find it by and a bundle (``asw.executions.bundles``) that holds it.
docs/design/0033-archive.md says why it is as it is.
"""
