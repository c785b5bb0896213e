"""Which packages a Function's lock lists, and which modules they bring. Pure.

The format is pip's: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

import re
from collections.abc import Collection, Iterator, Mapping
from posixpath import dirname, join, normpath
from typing import Final

from asw.api.package_lock import PACKAGE_JSON, PACKAGE_LOCK, REQUIREMENTS
from asw.asl.values import from_text

_NAME: Final = re.compile(r"[A-Za-z0-9](?:[-._A-Za-z0-9]*[A-Za-z0-9])?")
_INCLUDE: Final = re.compile(r"^(?:-r|-c|--requirement|--constraint)[ =]*(\S+)")
_URL_NAME: Final = re.compile(r"#egg=([-._A-Za-z0-9]+)")
_COMMENT: Final = re.compile(r"(^|\s)#.*")
_EXACT: Final = re.compile(r"===?|@")
_OTHER_NAMES: Final[Mapping[str, Collection[str]]] = {
    "attrs": ("attr", "attrs"),
    "beautifulsoup4": ("bs4",),
    "grpcio": ("grpc",),
    "msgpack-python": ("msgpack",),
    "mysqlclient": ("MySQLdb",),
    "opencv-python": ("cv2",),
    "opencv-python-headless": ("cv2",),
    "pillow": ("PIL",),
    "protobuf": ("google",),
    "psycopg2-binary": ("psycopg2",),
    "pycryptodome": ("Crypto",),
    "pyjwt": ("jwt",),
    "pymupdf": ("fitz", "pymupdf"),
    "pyopenssl": ("OpenSSL",),
    "python-dateutil": ("dateutil",),
    "python-docx": ("docx",),
    "python-dotenv": ("dotenv",),
    "pyyaml": ("yaml",),
    "pyzmq": ("zmq",),
    "scikit-image": ("skimage",),
    "scikit-learn": ("sklearn",),
    "setuptools": ("setuptools", "pkg_resources"),
    "tencentcloud-sdk-python": ("tencentcloud",),
}
"""Well-known packages whose modules have other names."""


def lock_in(runtime: str, files: Mapping[str, str]) -> str | None:
    """The file by which the packages of such code are installed; None if it needs none.

    For Node it may be missing: then nobody has written it yet.
    """
    if runtime.startswith("python") and REQUIREMENTS in files:
        named = included(REQUIREMENTS, files).values()
        return REQUIREMENTS if any(map(required, named)) else None
    if runtime == "nodejs" and PACKAGE_JSON in files:
        return PACKAGE_LOCK if _has_dependencies(files[PACKAGE_JSON]) else None
    return None


def _has_dependencies(text: str) -> bool:
    try:
        content = from_text(text)
        return bool(content.get("dependencies") or content.get("optionalDependencies"))
    except (ValueError, AttributeError):
        return True  # npm says what is wrong with it


def required(text: str) -> list[tuple[int, str]]:
    """The packages that a requirements.txt names, each with its line from 1; options left out."""
    found = ((number, _URL_NAME.search(it) or _NAME.match(it)) for number, it in _entries(text))
    return [(number, it.group(it.lastindex or 0)) for number, it in found if it is not None]


def unpinned(text: str) -> list[str]:
    """Requirements without an exact version: the same file may mean others tomorrow."""
    return [entry for _, entry in _entries(text) if not _EXACT.search(entry)]


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """Each requirement, without what follows on further lines, and its line from 1."""
    is_continued = False
    for number, line in enumerate(text.splitlines(), start=1):
        bare = _COMMENT.sub("", line).strip()
        begins, is_continued = not is_continued, bare.endswith("\\")
        if begins and bare and not bare.startswith("-"):
            yield number, bare.rstrip("\\").rstrip()


def included(main: str, files: Mapping[str, str]) -> dict[str, str]:
    """The file and those that its lines ``-r`` and ``-c`` name, as far as they are there."""
    found: dict[str, str] = {}
    waiting = [main]
    while waiting:
        name = waiting.pop()
        if name in files and name not in found:
            found[name] = files[name]
            named = (_INCLUDE.match(line.strip()) for line in files[name].splitlines())
            waiting += [normpath(join(dirname(name), it[1])) for it in named if it is not None]
    return found


def canonical(name: str) -> str:
    """The name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def brings(text: str, module: str) -> bool:
    """Whether a package that the requirements.txt names probably brings this top-level module.

    Only installing would show: many packages have modules of other names, and namespaces such as
    ``google`` have parts from many packages.
    """
    wanted = canonical(module)
    for _, name in required(text):
        package = canonical(name)
        others = _OTHER_NAMES.get(package, ())
        if module in others or package in (wanted, f"python-{wanted}", f"{wanted}-python"):
            return True
        if package.startswith(f"{wanted}-"):
            return True
    return False


def is_all_hashed(text: str) -> bool:
    """Whether it has hashes, so that pip is to insist on one for every package."""
    return "--hash=" in text or "--hash " in text
