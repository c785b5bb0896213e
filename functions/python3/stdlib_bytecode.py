"""Compile the standard library of a base image: `python3 -I stdlib_bytecode.py BASE FOLDER`.

Bytecode of one version is the same on all processors, so a Python of the processor that builds
compiles for another: what is in BASE goes to the same place below FOLDER. Modules that come with
bytecode of their own, as Debian's do, are left as they are.
"""

import importlib.util
import py_compile
import sys
import sysconfig
from pathlib import Path


def main(base: Path, folder: Path) -> None:
    """Compile all modules; a fault in one raises py_compile.PyCompileError."""
    folder.mkdir(parents=True, exist_ok=True)
    library = base / sysconfig.get_path("stdlib").lstrip("/")
    if not library.is_dir():
        raise SystemExit(f"the base has no {library}: it has another Python than what builds")
    for source in sorted(library.rglob("*.py")):
        name = f"/{source.relative_to(base)}"
        compiled = importlib.util.cache_from_source(name).lstrip("/")
        text = _followed(source, base)
        if not _is_current(base / compiled, text):
            mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
            target = str(folder / compiled)
            py_compile.compile(str(text), target, name, doraise=True, invalidation_mode=mode)


def _followed(source: Path, base: Path) -> Path:
    """The file that a link of the base means, which names it from the base's root."""
    if source.is_symlink() and source.readlink().is_absolute():
        return base / source.readlink().relative_to("/")
    return source


def _is_current(compiled: Path, source: Path) -> bool:
    """Whether there is bytecode of this Python for the very file (PEP 3147, PEP 552)."""
    try:
        header = compiled.read_bytes()[:12]
    except FileNotFoundError:
        return False
    modified = int(source.stat().st_mtime) & 0xFFFF_FFFF
    return header == importlib.util.MAGIC_NUMBER + bytes(4) + modified.to_bytes(4, "little")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
