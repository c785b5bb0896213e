"""Which images a Dockerfile builds upon; nothing else of a Dockerfile is understood here."""

import re
from collections.abc import Iterator, Mapping

_STAGE = re.compile(r"FROM\s+(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<name>\S+))?", re.IGNORECASE)
_ARGUMENT = re.compile(r"ARG\s+(?P<name>\w+)(?:=(?P<value>\S*))?", re.IGNORECASE)
_COPY = re.compile(r"(?:COPY|ADD)\s.*?--from=(?P<image>\S+)", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:(?P<bare>\w+)|\{(?P<braced>\w+)(?::-(?P<default>[^}]*))?\})")


def base_images(text: str, build_arguments: Mapping[str, str]) -> list[str]:
    """List the images in FROM and COPY --from, less `scratch` and the file's own stages."""
    arguments: dict[str, str] = {}
    stages: set[str] = {"scratch"}
    images: list[str] = []
    count = 0
    for line in _instructions(text):
        if not count and (argument := _ARGUMENT.match(line)):
            default = _substituted((argument["value"] or "").strip("\"'"), arguments)
            arguments[argument["name"]] = build_arguments.get(argument["name"], default)
        elif stage := _STAGE.match(line):
            images.append(_substituted(stage["image"], arguments))
            stages |= {str(count), (stage["name"] or "").lower()}
            count += 1
        elif copy := _COPY.match(line):
            images.append(copy["image"])
    return [image for image in dict.fromkeys(images) if image.lower() not in stages]


def image_arguments(text: str) -> dict[str, str]:
    """The arguments before the first FROM, with the images that they stand for by default.

    Those that by default are what another one is are left out.
    """
    before = re.split(r"(?im)^FROM\s", text, maxsplit=1)[0]
    found = (_ARGUMENT.match(line) for line in _instructions(before))
    return {
        it["name"]: it["value"] for it in found if it and it["value"] and "$" not in it["value"]
    }


def _instructions(text: str) -> Iterator[str]:
    """Lines without comments, those that end in a backslash joined with their followers."""
    kept = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\s*\n", " ", "\n".join(kept)).splitlines():
        if line.strip():
            yield line.strip()


def _substituted(text: str, arguments: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match["bare"] or match["braced"]
        return arguments.get(name) or match["default"] or ""

    return _VARIABLE.sub(value, text)
