"""Tracebacks in the format of AWS Lambda, from what is imported already.

The standard ``traceback`` would be imported after user code, whose files may carry the names of
modules that it needs (``token.py``), and it costs 10 ms.
"""

from __future__ import annotations

from .sources import MemoryImporter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, TracebackType

_OURS = __file__.rpartition("/")[0]
_IMPORT_MACHINERY = "<frozen importlib"
_REPEATS_SHOWN = 3


def format_frames(traceback: TracebackType | None) -> list[str]:
    """One text a frame, with its source line, without our frames and the import machinery's."""
    texts: list[str] = []
    lines_of: dict[str, list[str]] = {}
    last, times = None, 0
    for frame, line_number in _user_frames(traceback):
        place = (frame.f_code, line_number)
        times = times + 1 if place == last else 1
        last = place
        if times <= _REPEATS_SHOWN:
            texts.append(_format(frame, line_number, lines_of))
        else:
            more = times - _REPEATS_SHOWN
            if more > 1:
                texts.pop()
            texts.append(f"  [Previous line repeated {more} more time{'s' * (more > 1)}]\n")
    return texts


def _user_frames(traceback: TracebackType | None) -> list[tuple[FrameType, int]]:
    """From the first frame that is the user's; the start-up of asyncio is ours too."""
    frames: list[tuple[FrameType, int]] = []
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        is_before_user_code = not frames and (file.startswith(_OURS) or "/asyncio/" in file)
        if not is_before_user_code and not file.startswith(_IMPORT_MACHINERY):
            frames.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return frames


def _format(frame: FrameType, line_number: int, lines_of: dict[str, list[str]]) -> str:
    code = frame.f_code
    if code.co_filename not in lines_of:
        lines_of[code.co_filename] = _source(frame).splitlines()
    lines = lines_of[code.co_filename]
    line = lines[line_number - 1].strip() if line_number <= len(lines) else ""
    text = f'  File "{code.co_filename}", line {line_number}, in {code.co_name}\n'
    return f"{text}    {line}\n" if line else text


def _source(frame: FrameType) -> str:
    loader = frame.f_globals.get("__loader__")
    if isinstance(loader, MemoryImporter):
        return loader.get_source(frame.f_globals["__name__"])
    try:
        with open(frame.f_code.co_filename, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:  # exec, a template, a zip
        return ""
