"""The functions that the suite's workflows call, as a user would write them."""

SUM = """
def main_handler(event, context):
    return sum(event)
"""

INCREMENT = """
def main_handler(event, context):
    return event + 1
"""

COUNT = """
def main_handler(event, context):
    return {"n": event["n"] + 1}
"""

ECHO = """
def main_handler(event, context):
    return event
"""

SHAKY = """
def main_handler(event, context):
    if event["tries"] < 2:
        raise RuntimeError("not yet")
    return "ok"
"""
"""Fails until its state was retried twice."""

RAISE = """
class OutOfStock(Exception):
    pass


def main_handler(event, context):
    raise OutOfStock("no more apples")
"""

SLOW = """
import time


def main_handler(event, context):
    time.sleep(event["seconds"])
    return event["value"]
"""

STAMP = """
import uuid


def main_handler(event, context):
    return [*event, str(uuid.uuid4())]
"""
"""Adds what no second run would add again."""
