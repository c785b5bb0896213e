"""The user's files: from memory, as one variable brings them, or from a folder."""

from __future__ import annotations

import json
import sys
from importlib.machinery import ModuleSpec

from .invocation import IMAGE_CODE_DIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import CodeType, ModuleType


def install(code: str, code_dir: str) -> None:
    """Make the files importable, before everything else, as a script's folder is."""
    if code:
        sys.meta_path.insert(0, MemoryImporter(json.loads(code)))
    else:
        sys.path.insert(0, code_dir or IMAGE_CODE_DIR)


def known_files() -> str:
    """The names of the files in memory, as the end of a message about one that was not found."""
    for finder in sys.meta_path:
        if isinstance(finder, MemoryImporter):
            return f" (the code has {', '.join(finder.files)})"
    return ""


class MemoryImporter:
    """Finder and loader of modules from a mapping of file name to text.

    The modules claim to lie under ``/var/task``; tracebacks find their lines by ``get_source``,
    ``pkgutil.get_data`` finds other files by ``get_data``.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = {name.removeprefix("./"): text for name, text in files.items()}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A module, a package, or a folder without ``__init__.py`` that holds some."""
        del path, target
        file, is_package = self._file(name)
        if file in self.files:
            origin = f"{IMAGE_CODE_DIR}/{file}"
            spec = ModuleSpec(
                name,
                self,  # type: ignore[arg-type] # importlib.abc would only cost time
                origin=origin,
                is_package=is_package,
            )
            spec.has_location = True
            spec.cached = None
        elif any(known.startswith(f"{name.replace('.', '/')}/") for known in self.files):
            spec = ModuleSpec(name, None, is_package=True)
        else:
            return None
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(f"{IMAGE_CODE_DIR}/{name.replace('.', '/')}")
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the file's code."""
        exec(self.get_code(module.__name__), module.__dict__)

    def get_code(self, name: str) -> CodeType:
        """The compiled file; SyntaxError speaks for the user's file and line."""
        file, _ = self._file(name)
        return compile(self.get_source(name), f"{IMAGE_CODE_DIR}/{file}", "exec", dont_inherit=True)

    def get_source(self, name: str) -> str:
        """The file's text."""
        file, _ = self._file(name)
        return self.files[file].removeprefix("\ufeff")

    def is_package(self, name: str) -> bool:
        """Whether the module is a package's ``__init__.py``."""
        return self._file(name)[1]

    def get_data(self, path: str) -> bytes:
        """Any file by its claimed path. Raises OSError, as the protocol asks."""
        try:
            return self.files[path.removeprefix(f"{IMAGE_CODE_DIR}/")].encode()
        except KeyError:
            raise FileNotFoundError(path) from None

    def _file(self, name: str) -> tuple[str, bool]:
        stem = name.replace(".", "/")
        package = f"{stem}/__init__.py"
        return (package, True) if package in self.files else (f"{stem}.py", False)
