"""What differs between Python and Node.js in the code of an imported function. Pure."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Final

from asw.lint import nodejs_code
from asw.lint.function_code import foreign_modules, imported_by

_PYTHON: Final = re.compile(r"python(\d+)\.(\d+)")
_DEFAULT_PYTHON: Final = (3, 11)


class Language(ABC):
    """A language that a runtime of asw runs; ``runtime`` is that."""

    runtime: str
    extensions: tuple[str, ...]
    """Of the files that are code."""

    @abstractmethod
    def split(self, module: str) -> tuple[str, str]:
        """The folder and the stem of the file of a module that a handler names."""

    @abstractmethod
    def inline_file(self, text: str) -> str:
        """The name of the only file of a function whose code stands in the export."""

    @abstractmethod
    def is_test(self, name: str) -> bool:
        """Whether the file is one of the function's tests."""

    @abstractmethod
    def foreign(self, texts: Mapping[str, str]) -> list[str]:
        """What the files import that the image of the runtime lacks."""

    @abstractmethod
    def folders(self, texts: Mapping[str, str], folders: set[str]) -> set[str]:
        """Those of the folders that the files import from."""

    @abstractmethod
    def placeholder(self, name: str, message: str) -> str:
        """Code whose handler of this name fails with the message."""

    def main_file(self, stem: str, names: Sequence[str]) -> str | None:
        """The file of this stem that holds the handler, if there is one."""
        return next((stem + it for it in self.extensions if stem + it in names), None)


class Python(Language):
    """Python, of a version that asw has."""

    extensions = (".py",)

    def __init__(self, runtime: str) -> None:
        found = _PYTHON.fullmatch(runtime)
        is_newer = found is not None and (int(found[1]), int(found[2])) > _DEFAULT_PYTHON
        self.runtime = "python3.13" if is_newer else "python3"

    def split(self, module: str) -> tuple[str, str]:
        """Dots and slashes lead into folders."""
        folder, _, stem = module.replace(".", "/").rpartition("/")
        return folder, stem

    def inline_file(self, text: str) -> str:  # noqa: ARG002 -- the other language looks into it
        """As at Lambda."""
        return "index.py"

    def is_test(self, name: str) -> bool:
        """By the names that pytest knows."""
        return name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py"

    def foreign(self, texts: Mapping[str, str]) -> list[str]:
        """Modules that are neither the code's own nor of the standard library."""
        return foreign_modules(texts)

    def folders(self, texts: Mapping[str, str], folders: set[str]) -> set[str]:
        """Packages of these names."""
        return folders & imported_by(texts)

    def placeholder(self, name: str, message: str) -> str:
        """A function that raises."""
        return f'def {name}(event, context):\n    raise NotImplementedError("{message}")\n'


class NodeJs(Language):
    """JavaScript for Node.js, in CommonJS or ES modules."""

    runtime = "nodejs"
    extensions = nodejs_code.EXTENSIONS[1:]

    def split(self, module: str) -> tuple[str, str]:
        """Slashes lead into folders."""
        folder, _, stem = module.rpartition("/")
        return folder, stem

    def inline_file(self, text: str) -> str:
        """As at Lambda; an ES module says so by its name."""
        return "index.mjs" if nodejs_code.is_es_module(text) else "index.js"

    def is_test(self, name: str) -> bool:
        """By the names that test runners know."""
        return re.search(r"\.(test|spec)\.[cm]?js$", name) is not None

    def foreign(self, texts: Mapping[str, str]) -> list[str]:
        """Packages that are not of Node.js itself; Lambda's has the AWS SDK too, ours has not."""
        return nodejs_code.foreign_packages(texts)

    def folders(self, texts: Mapping[str, str], folders: set[str]) -> set[str]:
        """By relative imports."""
        return folders & nodejs_code.folders_imported(texts)

    def placeholder(self, name: str, message: str) -> str:
        """A function that throws."""
        return f'exports.{name} = async () => {{\n  throw new Error("{message}");\n}};\n'


def language_of(runtime: str) -> Language | None:
    """The language of a platform's runtime, in small letters; Python where nothing is said."""
    if runtime.startswith("nodejs"):
        return NodeJs()
    return Python(runtime) if not runtime or runtime.startswith("python") else None
