"""A program with docker's command line, for tests: its containers are processes of this machine.

Its folder holds ``images`` (one a line), ``calls`` (what it was asked, as JSON lines) and a file
with the pid of each running container. ``down`` there makes it an engine that does not answer,
``slow`` one whose daemon makes a container only after it told that there is none, and notes it in
``made``; images whose name begins with ``nowhere/`` cannot be pulled.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
VALUED = {
    "--name", "--pull", "--volume", "--user", "--cap-drop", "--security-opt", "--memory",
    "--memory-swap", "--cpus", "--env", "--entrypoint", "--stop-timeout",
}  # fmt: skip


def main(words):
    """Do what the words ask; the exit code."""
    with (HERE / "calls").open("a") as calls:
        calls.write(json.dumps(words) + "\n")
    match words:
        case ["info"]:
            return complain("Cannot connect to the daemon.", 1) if (HERE / "down").exists() else 0
        case ["image", "inspect", image]:
            return 0 if image in images() else complain(f"Error: No such image: {image}", 1)
        case ["pull", image]:
            return pull(image)
        case ["rm", "--force", name]:
            return remove(HERE / name)
    assert words[0] == "run", words
    return run(*parsed(words[1:]))


def pull(image):
    """Have the image from now on."""
    if image.startswith("nowhere/"):
        return complain(f"Error response from daemon: pull access denied for {image}", 1)
    (HERE / "images").write_text("\n".join([*images(), image]))
    return 0


def images():
    """Those that were pulled, or put there by a test."""
    path = HERE / "images"
    return path.read_text().split() if path.exists() else []


def parsed(words):
    """Options by name, the image, and the words after it."""
    options = {}
    words = list(words)
    while words[0].startswith("--"):
        name = words.pop(0)
        options.setdefault(name, []).append(words.pop(0) if name in VALUED else "")
    return options, words[0], words[1:]


def run(options, image, arguments):
    """Run the command as a process that has only the variables of a container."""
    if image not in images():
        return complain(f"docker: Error response from daemon: No such image: {image}.", 125)
    folder, _, inside = options["--volume"][0].partition(":")
    if not folder.startswith("/"):  # docker takes it for the name of a volume
        return complain(f"docker: Error response from daemon: {folder}: invalid volume name.", 125)
    variables = {"PATH": os.environ["PATH"]}
    for variable in options["--env"]:
        name, equals, value = variable.partition("=")
        text = value if equals else os.environ[name]
        # The folder is where it is: a process has no mounts of its own.
        variables[name] = text.replace(inside.partition(":")[0] + "/", f"{folder}/")
    command = [*options.get("--entrypoint", []), *arguments]
    note = HERE / options["--name"][0]
    if (HERE / "slow").exists() and (daemon := os.fork()):
        return os.waitstatus_to_exitcode(os.waitpid(daemon, 0)[1])
    if (HERE / "slow").exists():
        os.setsid()  # it goes on without its client
        while not gone(note).exists():
            time.sleep(0.01)
    return make(note, command, variables)


def make(note, command, variables):
    """Run the command; the note is there as long as it runs. The exit code."""
    try:
        process = subprocess.Popen(
            command,
            env=variables,
            start_new_session=True,
            # Before the command prints anything: whoever read of it may remove the container.
            preexec_fn=lambda: write(note, os.getpid()),  # noqa: PLW1509 -- one thread
        )
    except OSError as error:
        note.unlink(missing_ok=True)
        said = f"docker: Error response from daemon: exec: {command[0]}: {error.strerror}."
        return complain(said, 127 if isinstance(error, FileNotFoundError) else 126)
    (HERE / "made").touch()
    code = process.wait()
    note.unlink(missing_ok=True)
    return 128 - code if code < 0 else code


def write(note, pid):
    """Write the note in one go: it may be read as soon as it is there."""
    unfinished = note.with_name(f".{note.name}")
    unfinished.write_text(str(pid))
    unfinished.replace(note)


def remove(note):
    """Kill the container. It is gone then, even if whoever waits for it is killed too."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
        os.killpg(int(note.read_text()), signal.SIGKILL)
    note.unlink(missing_ok=True)
    gone(note).touch()
    return 0


def gone(note):
    """What is there once somebody was told that the container is not."""
    return note.with_name(f"gone-{note.name}")


def complain(words, code):
    """Say it on standard error."""
    sys.stderr.write(f"{words}\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
