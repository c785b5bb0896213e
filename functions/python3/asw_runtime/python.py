"""Python functions: find the handler once, call it for every event."""

from __future__ import annotations

import json
import sys

from . import failures, packages, sources
from .context import Context
from .environment import announce
from .failures import Fault
from .outcomes import succeeded
from .results import to_json
from .streams import note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from .invocation import Invocation
    from .outcomes import Outcome

_DEFAULT_HANDLER = "index.main_handler"


class PythonFunction:
    """A handler of SCF or Lambda, ``handler(event, context)``, loaded at its first use."""

    def __init__(self) -> None:
        self._handler: Callable[[Any, Context], Any] | None = None
        self._is_installed = False

    def prepare(self, invocation: Invocation) -> None:
        """Import the user's module; whatever goes wrong shows at the next ``run`` again."""
        try:
            self._load(invocation)
        except BaseException as error:
            name = error.error if isinstance(error, failures.Fault) else type(error).__name__
            note(f"asw: the code could not be loaded ahead of its first task: {name}")

    def run(self, invocation: Invocation, event: str) -> Outcome:
        """Call the handler with the event, JSON text."""
        try:
            handler = self._load(invocation)
            result = handler(_parse(event), Context(invocation))
            if hasattr(type(result), "__await__"):
                result = _wait_for(result)
            return succeeded(to_json(result))
        except BaseException as error:
            return failures.from_exception(error, invocation.task_id)

    def interrupt(self) -> bool:
        """No: a handler cannot be asked to return."""
        return False

    def abandon(self) -> None:
        """Nothing: the handler runs in this very process."""

    def _load(self, invocation: Invocation) -> Callable[[Any, Context], Any]:
        announce(invocation)
        if self._handler is None:
            if not self._is_installed:
                packages.install(invocation.packages_dir)
                sources.install(invocation.code, invocation.code_dir)
                self._is_installed = True
            self._handler = _find(invocation.handler or _DEFAULT_HANDLER)
            _show_all_logs()
        return self._handler


def _parse(event: str) -> Any:
    try:
        return json.loads(event)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error


def _wait_for(awaitable: Any) -> Any:
    import asyncio

    async def result() -> Any:
        return await awaitable

    return asyncio.run(result())


def _find(path: str) -> Callable[[Any, Context], Any]:
    """The function that ``module.function`` names; dots and slashes both lead into packages."""
    file, _, name = path.rpartition(".")
    if not file:
        message = f"Bad handler '{path}': it must read module.function, as in index.main_handler"
        raise Fault("Runtime.MalformedHandlerName", message)
    module = _import(file)
    handler = getattr(module, name, None)
    if callable(handler):
        found: Callable[[Any, Context], Any] = handler
        return found
    problem = "missing" if handler is None else f"no function but {type(handler).__name__}"
    message = f"Handler '{name}' {problem} on module '{file}'{_alternatives(module)}"
    raise Fault("Runtime.HandlerNotFound", message)


def _import(file: str) -> ModuleType:
    name = file.replace("/", ".").lstrip(".")
    try:
        __import__(name)
        return sys.modules[name]
    except SyntaxError as error:
        place = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        message = f"Syntax error in module '{file}': {error}"
        raise Fault("Runtime.UserCodeSyntaxError", message, [place]) from error
    except ImportError as error:
        message = f"Unable to import module '{file}': {error}{sources.known_files()}"
        frames = failures.frames_of(error)
        raise Fault("Runtime.ImportModuleError", message, frames) from error


def _alternatives(module: ModuleType) -> str:
    own = [
        name
        for name, value in vars(module).items()
        if getattr(value, "__module__", None) == module.__name__ and callable(value)
    ]
    return f"; it has {', '.join(own)}" if own else ""


def _show_all_logs() -> None:
    """Let through what a logger passes, as Lambda does: unconfigured logging drops INFO."""
    logging = sys.modules.get("logging")
    last_resort = getattr(logging, "lastResort", None)
    if last_resort is not None:
        last_resort.setLevel(0)
