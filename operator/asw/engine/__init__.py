"""The engine: record, facts, commands and ``step``, a pure function from one to the next.

Must not know Kubernetes, asyncio, clocks or files; time and randomness are arguments.
"""
