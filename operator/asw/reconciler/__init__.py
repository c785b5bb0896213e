"""Load, observe, step, save, perform: one worker per live Execution, over the ``Platform`` port.

Must not know kopf or HTTP.
"""
