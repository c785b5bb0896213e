"""The connector as the process of a warm pod: it asks the operator for calls and makes them.

One process and one event loop, without a child for each call: nothing that users wrote runs here.
What it says to the operator is docs/reference/warm-contract.md.
"""
