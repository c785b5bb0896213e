"""Names as Step Functions spells them: those of AWS's SDK for Java. Pure.

``aws-sdk:`` Resources follow version 2 of that SDK, optimized integrations mostly version 1, so
that each name comes from the API models by the rules of one of its code generators
(``CodegenNamingUtils`` and ``DefaultNamingStrategy`` of version 2). The table of services in the
Developer Guide ("Learning to use AWS service SDK integrations") is what these rules give.
"""

import re
from functools import cache
from typing import Final

_EXCEPTION: Final = "Exception"
_FAULT: Final = "Fault"
_VALUE: Final = "Value"

_WORD_RULES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"[^A-Za-z0-9]+", " "),  # acm-success
        (r"([^a-z]{2,})v([0-9]+)", r"\1 v\2 "),  # TESTv4
        (r"([^A-Z]{2,})V([0-9]+)", r"\1 V\2 "),  # TestV4
        (r"(?<=[a-z])(?=[A-Z][a-zA-Z0-9])", " "),  # AcmSuccess
        (r"([A-Z]+)([A-Z][a-z])", r"\1 \2"),  # ACMSuccess
        (r"([0-9])([a-zA-Z])", r"\1 \2"),  # s3ec2
    )
)
"""Where a name is cut into words, in this order."""

_KEYWORDS: Final = """
abstract assert boolean break byte case catch char class const continue default do double else enum
extends false final finally float for goto if implements import instanceof int interface long native
new null package private protected public return short static strictfp super switch synchronized
this throw throws transient true try void volatile while
"""
_METHODS: Final = "equals finalize getClass hashCode notify notifyAll toString wait"
_TAKEN: Final = frozenset(f"{_KEYWORDS} {_METHODS}".split())
"""Names that Java has taken: its keywords, and the methods of every object."""


def service_name(service_id: str) -> str:
    """The prefix of a service's error names: ``DynamoDb`` for ``DynamoDB``.

    In lower case it is the service's name in Resources.
    """
    name = pascal(service_id)
    for prefix in ("Amazon", "Aws"):
        name = name.removeprefix(prefix)
    return name.removesuffix("Service")


def pascal(text: str) -> str:
    """The words of the text, each with a capital: ``DbInstance`` for ``DBInstance``."""
    for pattern, replacement in _WORD_RULES:
        text = pattern.sub(replacement, text)
    return "".join(word.lower().capitalize() for word in text.split())


def camel(name: str) -> str:
    """The name with a small start: ``dbInstances`` for ``DBInstances``, ``eTag`` for ``ETag``.

    Of an acronym, all goes but the letter that starts the next word.
    """
    end = 1
    while (
        end < len(name)
        and name[end].isupper()
        and not (end + 1 < len(name) and name[end + 1].islower())
    ):
        end += 1
    return name[:end].lower() + name[end:]


@cache
def member_name(name: str) -> str:
    """A member of parameters or results: ``DbInstances`` for ``DBInstances``.

    A name that Java has taken gets ``Value``: ``EqualsValue`` (Developer Guide, same page).
    """
    small = camel(name)
    if small in _TAKEN:
        small += _VALUE
    return small[:1].upper() + small[1:]


def legacy_member_name(name: str) -> str:
    """The same for optimized integrations, which keep acronyms: ``MD5OfMessageBody``."""
    return name[:1].upper() + name[1:]


def exception_name(shape: str) -> str:
    """An error: ``DbInstanceNotFoundException`` for the type ``DBInstanceNotFoundFault``."""
    return pascal(shape.removesuffix(_FAULT).removesuffix(_EXCEPTION)) + _EXCEPTION


def legacy_exception_name(shape: str) -> str:
    """The same for optimized integrations: ``ClusterNotFoundException``, acronyms as they are."""
    name = legacy_member_name(shape).removesuffix(_FAULT)
    return name.removesuffix(_EXCEPTION) + _EXCEPTION
