"""Lines of the log: as JSON, one object a line, or as text for a terminal.

The execution that a line is about comes from the pass that logs it
(``asw.reconciler.event_log.ABOUT``), further fields from ``extra``. Only the fields named here are
ever written.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

from asw.api.instants import instant_text
from asw.reconciler.event_log import ABOUT

FORMATS = ("json", "text")
EXTRA = ("workflow", "state", "task", "status", "error")
"""Fields that a line may have."""
_NOISY = ("kopf.objects", "kopf.activities", "urllib3", "aiohttp.access")


def start_logging(level: str, form: str) -> None:
    """Write all loggers to standard error from this level on, in one of ``FORMATS``."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in _NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of the execution that the line is about."""
    fields: dict[str, Any] = {}
    if (about := ABOUT.get()) is not None:
        fields["execution"] = f"{about.namespace}/{about.name}"
        fields["executionUid"] = about.uid
    return fields | {name: record.__dict__[name] for name in EXTRA if name in record.__dict__}


class _Discreet(logging.Formatter):
    """Shows an exception's class and place only: its message may be somebody's data."""

    def formatException(self, ei: Any) -> str:  # noqa: N802  the library's name for it
        """The class of the exception and where it was raised."""
        kind, _, trace = ei
        return f"{''.join(traceback.format_tb(trace))}{kind.__module__}.{kind.__qualname__}"


class JsonLines(_Discreet):
    """One JSON object a line; an exception is one field of it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line of JSON."""
        line = {
            "time": instant_text(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **fields_of(record),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class TextLines(_Discreet):
    """The same as a line of text, what is known beside the message at its end."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s%(about)s")

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line of text."""
        fields = fields_of(record)
        fields.pop("executionUid", None)
        record.about = "".join(f" {name}={value}" for name, value in fields.items())
        return super().format(record)
