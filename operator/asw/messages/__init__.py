"""What ``asw`` says, in the language of its user: English in the code, Chinese by gettext.

The English template is the key. ``make messages`` brings ``locale/*/LC_MESSAGES/asw.po`` up to
what the code says; ``hatch_build.py`` compiles it. ``ASW_LANG`` names the language (``en``,
``zh``), else the locale does. Codes, names and AWS's own sentences stay as they are everywhere.
"""

import os
from collections.abc import Iterable, Mapping
from functools import cache
from gettext import NullTranslations, translation

LANGUAGES = ("en", "zh")
_COMMAS = {"en": ", ", "zh": "\uff0c"}


def language(environment: Mapping[str, str] = os.environ) -> str:
    """The language of the user: the first of the variables that is set decides."""
    for variable in ("ASW_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environment.get(variable):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"


def t(template: str, /, **values: object) -> str:
    """The template in the user's language, filled in as by ``str.format``.

    A template without values is not formatted: its braces are braces.
    """
    text = template and _catalogue(language()).gettext(template)  # gettext's "" is the header
    return text.format(**values) if values else text


def counted(number: int, one: str, many: str) -> str:
    """``1 test``, ``2 tests``: the template for one or for many, ``{number}`` filled in."""
    return _catalogue(language()).ngettext(one, many, number).format(number=number)


def listed(parts: Iterable[str]) -> str:
    """Parts of a sentence one after the other, with the comma of the language."""
    return _COMMAS[language()].join(parts)


@cache
def _catalogue(name: str) -> NullTranslations:
    """Loaded only where it is needed: it costs start-up time. English has none."""
    return translation("asw", f"{__path__[0]}/locale", [name], fallback=True)
