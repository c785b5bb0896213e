"""Reading a definition: tables of fields, readers of values, checks of the graph.

Only ``parse`` uses it. Every problem is reported to a Place, and reading continues.
"""
