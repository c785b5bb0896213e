"""The engine: record, facts, commands and ``step``, a pure function from one to the next.

Must not know Kubernetes, asyncio, clocks or files; now and randomness are arguments.
"""
