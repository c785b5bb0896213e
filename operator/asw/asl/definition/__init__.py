"""Reading a definition: tables of fields, readers of values, checks of the graph.

``parse`` is its only user. Everything wrong is told to a Place, and reading goes on.
"""
