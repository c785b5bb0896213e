"""How large the text of a value may become, from its shape."""

import json

from asw.lint.analysis.shapes import NOTHING, Arrays, Objects, Shape

_LONGEST_NUMBER = 24
"""Bytes of a number as programs write them."""


def most_bytes(found: Shape) -> int | None:
    """The most bytes that the JSON text of such a value has; None where nothing bounds them."""
    sizes = [4 if found.null else 0, 5 if found.booleans else 0]
    sizes.append(_LONGEST_NUMBER if found.numbers else 0)
    if found.texts is not None:
        if found.texts.longest is None:
            return None
        sizes.append(found.texts.longest)
    for part in (_of_arrays(found.arrays), _of_objects(found.objects)):
        if part is None:
            return None
        sizes.append(part)
    return max(sizes)


def _of_arrays(arrays: Arrays | None) -> int | None:
    if arrays is None:
        return 0
    if arrays.most is None:
        return None
    sizes = [most_bytes(it) for it in (*arrays.head, arrays.rest)]
    if any(it is None for it in sizes):
        return None
    known = [it or 0 for it in sizes]
    return 2 + sum(known[:-1]) + known[-1] * (arrays.most - len(arrays.head)) + arrays.most


def _of_objects(objects: Objects | None) -> int | None:
    if objects is None:
        return 0
    if objects.rest is not NOTHING:
        return None
    total = 2
    for name, field in objects.fields.items():
        if field.shape is NOTHING:
            continue
        size = most_bytes(field.shape)
        if size is None:
            return None
        total += size + len(json.dumps(name, ensure_ascii=False).encode(errors="replace")) + 2
    return total


def shown_bytes(size: int) -> str:
    """A size for people: ``10 KiB``, ``300 bytes``."""
    for unit, bytes_of in (("MiB", 1024 * 1024), ("KiB", 1024)):
        if size >= bytes_of:
            return f"{size / bytes_of:.1f}".removesuffix(".0") + f" {unit}"
    return f"{size} bytes"
