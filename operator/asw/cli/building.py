"""What ``asw build`` does: builds images of Functions, pushes them, and renders manifests."""

import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import click

from asw.asl.values import Json
from asw.cli.awaiting import awaited
from asw.cli.files import write_file
from asw.cli.views.findings_text import show_findings
from asw.exits import ALL_WELL, NOT_SUCCEEDED
from asw.failures import Failure, some_of
from asw.images.bases import source_of
from asw.images.building import Image, Recipe, build
from asw.images.functions import FunctionFolder, read_function
from asw.images.layout import Layout
from asw.images.names import ImageName, image_name
from asw.images.platforms import Platform
from asw.images.pushing import keep, push
from asw.images.registry import Registry, open_registry
from asw.importing.manifests import to_yaml
from asw.lint.documents import Document, read_documents
from asw.messages import t
from asw.platforms.kubernetes.tasks.settings import DEFAULT_IMAGES

_TAG_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOrder:
    """What was asked for, as it was typed."""

    output: Path | None
    repository: str | None
    is_pushing: bool
    layout: Path | None
    bases: Sequence[str]
    platforms: Sequence[str]
    is_check: bool
    is_plain: bool
    has_bytecode: bool


def run(paths: Sequence[Path], order: BuildOrder) -> int:
    """Build, push and render; the exit code."""
    if order.is_check and order.output is None:
        raise Failure(t("--check needs -o"), remedy=t("name the file that was committed"))
    documents, findings = read_documents(paths)
    if findings:
        show_findings(findings)
        raise Failure(t("the files cannot be read: nothing was built"))
    manifests = _manifests(documents, order.output)
    rendered = awaited(_render([(it.content, read_function(it)) for it in manifests], order))
    text = to_yaml(rendered)
    if order.is_check:
        assert order.output is not None
        return _compare(text, order.output)
    if order.output is None:
        click.echo(text, nl=False)
    else:
        write_file(order.output, text)
    return ALL_WELL


def _manifests(documents: Sequence[Document], output: Path | None) -> list[Document]:
    """What a cluster takes: of a folder neither other files nor what was rendered before."""
    found: list[Document] = []
    for document in documents:
        content = document.content
        if not (isinstance(content, dict) and {"apiVersion", "kind"} <= content.keys()):
            if document.is_named:
                raise Failure(
                    t("{place} is not a manifest", place=document.origin.file),
                    remedy=t("it needs apiVersion and kind; asw validate shows what it lacks"),
                )
        elif document.is_named or output is None or document.path.resolve() != output.resolve():
            found.append(document)
    return found


async def _render(
    parts: Sequence[tuple[Json, FunctionFolder | None]], order: BuildOrder
) -> list[Json]:
    """The manifests in their order, ConfigMaps before the Function that they are for."""
    with tempfile.TemporaryDirectory() as scratch:
        layout = Layout(order.layout or Path(scratch))
        made: list[Json] = []
        to_build = [it for _, it in parts if it is not None and not it.complete]
        async with _registry(order, to_build) as registry:
            for content, function in parts:
                if function is None:
                    made.append(content)
                elif function.complete:
                    made += function.complete
                else:
                    image = await _image(function, order, layout, registry)
                    made.append(function.in_image(image))
        return made


@asynccontextmanager
async def _registry(
    order: BuildOrder, functions: Sequence[FunctionFolder]
) -> AsyncIterator[Registry | None]:
    """The registry that images are pushed to; None where none is. Raises Failure."""
    if not functions:
        yield None
        return
    if order.repository is None:
        names = some_of([f"{function.name} ({function.reason})" for function in functions])
        raise Failure(
            t("only an image can hold {names}", names=names),
            remedy=t("name a repository for it: --repository registry.example/team/functions"),
        )
    if not (order.is_pushing or order.layout or order.is_check):
        raise Failure(
            t("the images would go nowhere"), remedy=t("add --push, or --layout with a folder")
        )
    name = _repository(order)
    if not order.is_pushing or order.is_check:
        yield None
        return
    async with open_registry(name.registry, is_plain=order.is_plain) as registry:
        yield registry


async def _image(
    function: FunctionFolder, order: BuildOrder, layout: Layout, registry: Registry | None
) -> str:
    """Build the image, bring it where it is wanted, and name it by digest."""
    if loose := function.unpinned():
        warning = t(
            "{name}: without an exact version, packages may change: {packages}",
            name=function.name,
            packages=some_of(loose),
        )
        click.echo(f"{click.style(t('warning'), fg='yellow')}: {warning}", err=True)
    recipe = Recipe(
        folder=function.folder,
        files=function.files,
        lock=function.lock,
        base=source_of(_base_of(function.runtime, order), is_plain=order.is_plain),
        platforms=[Platform(name) for name in order.platforms],
        has_bytecode=order.has_bytecode and function.runtime.startswith("python"),
    )
    image = await build(recipe, layout)
    place = _repository(order)
    tag = f"{function.name}-{image.digest.partition(':')[2][:_TAG_DIGITS]}"
    tagged = ImageName(registry=place.registry, repository=place.repository, tag=tag)
    if registry is not None:
        await push(image, tagged, registry, layout)
        _tell(t("pushed {name}", name=tagged), image)
    if order.layout is not None and not order.is_check:
        await keep(image, tag, layout)
        _tell(t("wrote {name} to {folder}", name=tag, folder=order.layout), image)
    return f"{place.place}@{image.digest}"


def _tell(what: str, image: Image) -> None:
    added = sum(blob.size for blob in image.own)
    size = t("{size} KiB on top of the base", size=-(-added // 1024))
    click.echo(f"{what} ({size})", err=True)


def _repository(order: BuildOrder) -> ImageName:
    assert order.repository is not None
    name = image_name(order.repository)
    if name.tag or name.digest:
        raise Failure(
            t("--repository: {name} has a tag or digest", name=name),
            remedy=t("leave it out: manifests name the digest that was built"),
        )
    return name


def _base_of(runtime: str, order: BuildOrder) -> str:
    """The base that was named for the runtime, else for all, else our own of this version."""
    own = DEFAULT_IMAGES[runtime]
    names = {name for name, image in DEFAULT_IMAGES.items() if image == own}
    found = own
    for each in order.bases:
        named, is_for, image = each.partition("=")
        if not is_for:
            found = each
        elif named in names:
            return image
    return found


def _compare(text: str, output: Path) -> int:
    """Show what differs from the file; the exit code."""
    try:
        there = output.read_bytes().decode()
    except FileNotFoundError:
        there = ""
    except (OSError, ValueError) as error:
        raise Failure(
            t("cannot read {path}: {reason}", path=output, reason=error), remedy=t("fix the file")
        ) from error
    if there == text:
        return ALL_WELL
    before, after = there.splitlines(), text.splitlines()
    for line in unified_diff(before, after, str(output), t("built now"), lineterm=""):
        click.echo(line)
    raise Failure(
        t("{path} is out of date", path=output),
        remedy=t("run asw build without --check, and commit the file"),
        code=NOT_SUCCEEDED,
    )
