"""``asw serve``: the door for people, workers and other systems; pods have the result server.

A process of its own with little power: it verifies what comes, and hands it to the operator. It
writes nothing itself.
"""
