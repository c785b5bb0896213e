"""The pages behind a one-time link, and the heads that they are sent with. Pure.

What a workflow's author or its data wrote is text here and never markup. There is no script, and
nothing of another place is loaded; no other page may show these, nor learn their address.
"""

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any, Final

from asw.asl.approvals import LONGEST_COMMENT

_STYLE: Final = (
    "body{font:1rem/1.5 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}"
    "pre{font:inherit;white-space:pre-wrap;overflow-wrap:anywhere}"
    "textarea{display:block;width:100%;margin:0 0 1rem}"
    "button{font:inherit;margin:0 1rem 1rem 0;padding:.25rem 1rem}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
"""Of every page: links are secrets, so nobody keeps, frames, indexes or passes them on."""


def question_page(asked: Mapping[str, Any], by: str, until: datetime) -> bytes:
    """What is asked, with a button for each choice. Only that sends anything."""
    buttons = "".join(
        f'<button name="choice" value="{_text(it)}"><bdi>{_text(it)}</bdi></button>'
        for it in asked["choices"]
    )
    where = f"{asked['namespace']}/{asked['execution']}, {asked['state']}"
    return _page(
        str(asked["title"]),
        f"<pre dir=auto>{_text(asked['message'])}</pre>"
        f"<p>Asked by <bdi>{_text(where)}</bdi>. You answer as <bdi>{_text(by)}</bdi>, once."
        f" The link ends at {until:%Y-%m-%d %H:%M} UTC.</p>"
        # A textarea, because Enter in an input would press the first button.
        f'<form method="post"><label>Comment<textarea name="comment" rows="3"'
        f' maxlength="{LONGEST_COMMENT}"></textarea></label>{buttons}</form>',
    )


def told_page(title: str, sentence: str) -> bytes:
    """A sentence and nothing to press."""
    return _page(title, f"<p dir=auto>{_text(sentence)}</p>")


def _page(title: str, body: str) -> bytes:
    text = (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{_text(title)}</title><style>{_STYLE}</style></head>"
        f"<body><h1 dir=auto>{_text(title)}</h1>{body}</body></html>"
    )
    return text.encode(errors="replace")  # half a surrogate pair is no character of a page


def _text(value: object) -> str:
    return escape(str(value), quote=True)
