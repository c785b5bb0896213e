"""Tracebacks in the format of AWS Lambda, from what is imported already.

The standard ``traceback`` would be imported after user code, whose files may carry the names of
modules that it needs (``token.py``), and it costs 10 ms.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType

_OURS = __file__.rpartition("/")[0]
_REPEATS_SHOWN = 3


def format_frames(traceback: TracebackType | None) -> list[str]:
    """One text a frame, with its source line, without our frames and the import machinery's."""
    texts: list[str] = []
    last, repeats = "", 0
    for frame, line_number in _user_frames(skip_runtime(traceback)):
        text = _format(frame, line_number)
        repeats = repeats + 1 if text == last else 0
        last = text
        if repeats < _REPEATS_SHOWN:
            texts.append(text)
        else:
            if repeats > _REPEATS_SHOWN:
                texts.pop()
            times = repeats - _REPEATS_SHOWN + 1
            texts.append(
                f"  [Previous line repeated {times} more time{'s' if times > 1 else ''}]\n"
            )
    return texts


def skip_runtime(traceback: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame that is the user's; asyncio's start-up is ours too."""
    while traceback is not None and _is_runtime(traceback.tb_frame.f_code.co_filename):
        traceback = traceback.tb_next
    return traceback


def _is_runtime(filename: str) -> bool:
    return filename.startswith((_OURS, "<frozen importlib")) or "/asyncio/" in filename


def _user_frames(traceback: TracebackType | None) -> list[tuple[FrameType, int]]:
    frames = []
    while traceback is not None:
        frame = traceback.tb_frame
        if not frame.f_code.co_filename.startswith("<frozen importlib"):
            frames.append((frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames


def _format(frame: FrameType, line_number: int) -> str:
    code = frame.f_code
    text = f'  File "{code.co_filename}", line {line_number}, in {code.co_name}\n'
    source = _source_line(frame, line_number)
    return f"{text}    {source}\n" if source else text


def _source_line(frame: FrameType, line_number: int) -> str:
    try:
        lines = _source(frame).splitlines()
        return lines[line_number - 1].strip()
    except (ImportError, OSError, IndexError, AttributeError):
        return ""


def _source(frame: FrameType) -> str:
    if frame.f_code.co_filename.startswith("<"):  # exec, lambdas of a template: no file
        return ""
    loader = frame.f_globals.get("__loader__")
    if loader is not None and hasattr(loader, "get_source"):
        return loader.get_source(frame.f_globals.get("__name__")) or ""
    with open(frame.f_code.co_filename, encoding="utf-8", errors="replace") as file:
        return file.read()
