"""The functions that expressions may call, by name. Needs no engine."""

from typing import Final

_NAMES: Final = """
    abs append average assert base64decode base64encode boolean ceil clone contains count
    decodeUrl decodeUrlComponent distinct each encodeUrl encodeUrlComponent error exists filter
    floor formatBase formatInteger formatNumber fromMillis hash join keys length lookup lowercase
    map match max merge millis min not now number pad parse parseInteger partition power random
    range reduce replace reverse round shuffle sift single sort split spread sqrt string substring
    substringAfter substringBefore sum toMillis trim type uppercase uuid zip
"""
FUNCTION_NAMES: Final = frozenset(_NAMES.split())
"""JSONata 2.0.6's own but eval, which AWS refuses; and AWS's."""
