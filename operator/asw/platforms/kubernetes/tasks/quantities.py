"""Quantities of Kubernetes as numbers. Pure."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

_FACTORS: Mapping[str, int | Decimal] = {
    "": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15, "E": 10**18,
    "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60,
    "m": Decimal("0.001"), "u": Decimal("0.000001"), "n": Decimal("0.000000001"),
}  # fmt: skip


def quantity(text: str) -> Decimal:
    """The number that a Kubernetes quantity spells. Raises ValueError."""
    unit = text.lstrip("+-.0123456789")
    try:
        if unit in _FACTORS:
            return Decimal(text.removesuffix(unit)) * _FACTORS[unit]
        return Decimal(text)  # an exponent: 1e9
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is not a quantity") from error


def mebibytes(text: str) -> int:
    """A Kubernetes quantity of memory in MiB, rounded down."""
    return int(quantity(text) // 2**20)
