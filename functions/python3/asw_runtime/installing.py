"""Installs the packages of a lock into a volume, once; the program of the operator's install Jobs.

An environment is a folder that is named after its lock. It is made under another name and renamed
when it is complete, so that nobody ever sees half of one. Nothing of a package runs: wheels only,
or no scripts of npm, each with one of the hashes of the lock. Environments that are not used any
more are removed before.
"""

from __future__ import annotations

import json
import netrc
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlsplit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LOCK_FILE = ".asw-lock"
"""In an environment: the lock. It is written last, so that it says the environment is complete."""
UNUSED = ".unused"
"""End of the name of a file whose age is the time that an environment has not been used."""
UNFINISHED = ".tmp-"
NPM = "/usr/local/lib/node_modules/npm/bin/npm-cli.js"
"""In the image of runtime nodejs, where it may lack the right to be executed."""
USED_AT = "/opt/asw/packages"
"""Where functions see their environment."""
WRONG_LOCK = 3
"""Exit status if no other try helps."""
NO_CONNECTION = re.compile(
    r"NewConnectionError|ConnectTimeout|ReadTimeout|ProxyError|Temporary failure in name resolution"
    r"|Name or service not known|Connection refused|Connection reset"
    r"|[45]\d\d (?:Client|Server) Error|No space left on device"
    r"|ECONNREFUSED|ECONNRESET|EAI_AGAIN|ENOTFOUND|ETIMEDOUT|EIDLETIMEOUT|ERR_SOCKET_TIMEOUT"
    r"|code E(?:429|5\d\d)|ENOSPC"
)
"""What pip and npm say if another try may help."""
TOLD_LINES = 8
TOLD_BYTES = 2000


class NotInstalled(Exception):
    """The message is for people, ``status`` for the Job."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def main(variables: Mapping[str, str], root: Path) -> None:
    """Have the environment below the root. Raises NotInstalled."""
    name = variables["ASW_ENVIRONMENT"]
    clean(root, variables["ASW_KEPT"].split(), float(variables["ASW_RETENTION_SECONDS"]))
    place = root / name
    if (place / LOCK_FILE).is_file():
        print(f"environment {name} is there")
        return
    work = Path(tempfile.mkdtemp(prefix=f"{name}{UNFINISHED}", dir=root))
    install = install_modules if variables.get("ASW_INSTALLER") == "npm" else install_wheels
    try:
        made = install(variables, work)
        (made / LOCK_FILE).write_text(variables["ASW_LOCK"], encoding="utf-8")
        made.chmod(0o755)
        os.sync()  # a rename must not outlive a power failure that the files do not
        made.rename(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    print(f"environment {name} is installed")


def clean(root: Path, kept: Sequence[str], retention: float) -> None:
    """Remove what earlier tries left, and environments that have been unused for so long."""
    for path in sorted(root.iterdir()):
        if UNFINISHED in path.name:
            shutil.rmtree(path, ignore_errors=True)
        elif (path / LOCK_FILE).is_file():
            _keep_or_remove(path, root / f"{path.name}{UNUSED}", kept, retention)


def _keep_or_remove(path: Path, mark: Path, kept: Sequence[str], retention: float) -> None:
    if path.name in kept:
        mark.unlink(missing_ok=True)
        return
    if not mark.exists():
        mark.touch()
    if time.time() - mark.stat().st_mtime >= retention:
        leaving = path.with_name(f"{path.name}{UNFINISHED}gone")
        path.rename(leaving)  # at once: half of an environment is none
        shutil.rmtree(leaving, ignore_errors=True)
        mark.unlink(missing_ok=True)
        print(f"environment {path.name} was not used any more and is removed")


def install_wheels(variables: Mapping[str, str], work: Path) -> Path:
    """The folder with the packages, made within ``work``. Raises NotInstalled."""
    target, lock = work / "packages", work / "requirements.txt"
    target.mkdir()
    lock.write_text(variables["ASW_LOCK"], encoding="utf-8")
    url = variables["ASW_INDEX_URL"]
    command = [sys.executable, "-m", "pip", "install", "--no-input", "--progress-bar=off"]
    command += ["--disable-pip-version-check", "--no-warn-script-location", "--no-cache-dir"]
    command += ["--no-compile", "--only-binary=:all:", "--require-hashes", "--retries=2"]
    command += [f"--index-url={url}", f"--target={target}", f"--requirement={lock}"]
    if url.startswith("http:"):
        command.append(f"--trusted-host={urlsplit(url).netloc}")
    if ca := variables.get("ASW_INDEX_CA"):
        (work / "ca.pem").write_text(ca, encoding="utf-8")
        command.append(f"--cert={work / 'ca.pem'}")
    _run(command, environment_of(variables, work))
    shutil.rmtree(target / "bin", ignore_errors=True)  # scripts, which name this Python
    compiling = [sys.executable, "-m", "compileall", "-q", f"-s{target}", f"-p{USED_AT}"]
    subprocess.run(  # some packages contain files for other versions of Python
        [*compiling, "--invalidation-mode=unchecked-hash", str(target)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    return target


def install_modules(variables: Mapping[str, str], work: Path) -> Path:
    """A folder with ``node_modules``, made within ``work``. Raises NotInstalled."""
    target = work / "packages"
    (target / "node_modules").mkdir(parents=True)
    lock = variables["ASW_LOCK"]
    (target / "package-lock.json").write_text(lock, encoding="utf-8")
    wanted = json.dumps(json.loads(lock)["packages"][""])
    (target / "package.json").write_text(wanted, encoding="utf-8")
    (work / "npmrc").write_text(_npmrc(variables, work), encoding="utf-8")
    command = ["node", NPM] if os.path.isfile(NPM) else ["npm"]
    command += ["ci", "--omit=dev", "--ignore-scripts", "--no-bin-links", "--no-audit"]
    command += ["--no-fund", "--no-update-notifier", "--logs-max=0", "--loglevel=error"]
    command += [f"--userconfig={work / 'npmrc'}", f"--globalconfig={os.devnull}"]
    command += [f"--cache={work / 'cache'}", "--fetch-retries=2", f"--prefix={target}"]
    _run(command, environment_of(variables, work))
    for name in ("package.json", "package-lock.json"):
        (target / name).unlink()
    return target


def _npmrc(variables: Mapping[str, str], work: Path) -> str:
    """The registry, its authority and its password; npm reads no netrc."""
    url = variables["ASW_INDEX_URL"].rstrip("/") + "/"
    lines = [f"registry={url}"]
    if ca := variables.get("ASW_INDEX_CA"):
        (work / "ca.pem").write_text(ca, encoding="utf-8")
        lines.append(f"cafile={work / 'ca.pem'}")
    file, parts = variables.get("NETRC", ""), urlsplit(url)
    known = netrc.netrc(file).authenticators(parts.hostname or "") if os.path.isfile(file) else None
    if known is not None:
        both = b64encode(f"{known[0]}:{known[2]}".encode()).decode()
        lines.append(f"//{parts.netloc}{parts.path}:_auth={both}")
    return "\n".join(lines)


def environment_of(variables: Mapping[str, str], work: Path) -> dict[str, str]:
    """Variables of pip: none of the image's or the pod's but the way to the index's password."""
    made = {
        "PATH": variables.get("PATH", os.defpath),
        "HOME": str(work),
        "TMPDIR": str(work),
        "LANG": "C.UTF-8",
        "PIP_CONFIG_FILE": os.devnull,
    }
    netrc = variables.get("NETRC", "")
    return {**made, "NETRC": netrc} if os.path.isfile(netrc) else made


def _run(command: Sequence[str], variables: Mapping[str, str]) -> None:
    done = subprocess.run(
        command,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    output = done.stdout.decode(errors="replace")
    print(output, flush=True)
    if done.returncode:
        status = 1 if NO_CONNECTION.search(output) else WRONG_LOCK
        raise NotInstalled(_last_words(output), status)


def _last_words(output: str) -> str:
    """From the first error on, or else the last lines."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    begins = ("ERROR:", "npm error", "npm ERR!")
    errors = [number for number, line in enumerate(lines) if line.startswith(begins)]
    return "\n".join(lines[errors[0] :][:TOLD_LINES] if errors else lines[-TOLD_LINES:])


def tell(message: str, file: str) -> None:
    """Leave the message where the operator finds it."""
    print(message, file=sys.stderr)
    try:
        with open(file, "w", encoding="utf-8") as told:
            told.write(message.encode()[-TOLD_BYTES:].decode(errors="ignore"))
    except OSError:
        pass  # the log has it


if __name__ == "__main__":
    try:
        main(os.environ, Path("/packages"))
    except NotInstalled as error:
        tell(str(error), "/dev/termination-log")
        sys.exit(error.status)
    except OSError as error:
        tell(f"{error.filename or 'the volume'}: {error.strerror or error}", "/dev/termination-log")
        sys.exit(1)
