"""What a function can do to its pod: each bad deed has one outcome, then comes a fresh child."""

import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functions.fake_operator import POLL_TOKEN, FakeOperator
from tests.functions.pods import Pods, descendants, handler
from tests.functions.tasks import command

CRASHED, INVALID = "Asw.TaskCrashed", "Asw.InvalidResult"

BAD_DEEDS: dict[str, tuple[str, str | None, str]] = {
    "exits": ("os._exit(7)", CRASHED, "The process ended with exit code 7"),
    "exits with success": ("os._exit(0)", None, ""),
    "is killed": ("os.kill(os.getpid(), 9)", CRASHED, "The process was killed by SIGKILL"),
    "crashes in C": ("import ctypes\nctypes.string_at(0)", CRASHED, "killed by SIGSEGV"),
    "kills its process group": ("os.killpg(0, 9)", CRASHED, "killed by SIGKILL"),
    "answers for another's task": (
        'say(\'{"taskId":"uid-of-another","outcome":{"output":1}}\\n\')\ntime.sleep(100)',
        INVALID,
        "the runtime answered for another task",
    ),
    "answers with garbage": (
        "say('no JSON\\n')\ntime.sleep(100)",
        INVALID,
        "the runtime wrote a line that is no answer",
    ),
    "answers with half an answer": (
        "tell(context, '{\"output\":1}', '')\nos._exit(3)",
        CRASHED,
        "exit code 3",
    ),
    "answers with two values": (
        "tell(context, '{\"output\":1}', '}{}\\n')\ntime.sleep(100)",
        INVALID,
        "no answer",
    ),
    "answers with a constant that is no JSON": (
        "tell(context, '{\"output\":NaN}')\ntime.sleep(100)",
        INVALID,
        "no answer",
    ),
    "answers with no outcome": ("tell(context, '[]')\ntime.sleep(100)", INVALID, "no answer"),
    "answers with a text": ("tell(context, '\"output\"')\ntime.sleep(100)", INVALID, "no answer"),
    "answers with bytes that are no text": (
        "os.write(channel(), b'\\xff\\xfe\\n')\ntime.sleep(100)",
        INVALID,
        "no answer",
    ),
    "answers with bottomless JSON": ("say('[' * 100_000 + '\\n')\ntime.sleep(100)", INVALID, ""),
    "answers without end": (
        "while True: say('x' * 60_000)",
        "States.DataLimitExceeded",
        "The state/task 'Add' returned a result with a size exceeding",
    ),
    "returns too much": (
        "return 'x' * (3 * 1024 * 1024)",
        "States.DataLimitExceeded",
        "The state/task 'Add' returned a result with a size exceeding",
    ),
    "closes all its descriptors": (
        "os.closerange(0, 100)\ntime.sleep(100)",
        CRASHED,
        "The process closed the pipe of its answers and lived on",
    ),
    "leaves a process with its pipes": (
        "if os.fork() == 0: os.setsid() and os.fork() or time.sleep(100)\nos._exit(5)",
        CRASHED,
        "exit code 5",
    ),
    "runs for ever, deaf to SIGTERM": (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n(lambda: sum(range(10**12)))()",
        "Sandbox.Timedout",
        "Task timed out after 0.30 seconds",
    ),
    "is stopped": ("os.kill(os.getpid(), signal.SIGSTOP)", "Sandbox.Timedout", "timed out"),
    "runs for too long": ("time.sleep(100)", "Sandbox.Timedout", "timed out after 0.30 seconds"),
}


@pytest.mark.parametrize("deed", BAD_DEEDS)
def test_a_bad_deed_has_one_outcome(operator: FakeOperator, pods: Pods, deed: str) -> None:
    """The next task finds a fresh child, and the neighbour has noticed nothing."""
    statements, error, words = BAD_DEEDS[deed]
    is_timed = error == "Sandbox.Timedout"
    code = handler(
        "count.append(1)\nif event == 'well': return len(count)\n"
        "if event == 'wait':\n    time.sleep(0.5)\n    return 'undisturbed'\n" + statements,
        "count = []",
    )
    pods.start(operator, code, ASW_CONCURRENCY="2")
    operator.give("uid-0", "wait")
    operator.give("uid-1", "ill", **({"timeoutSeconds": 0.3} if is_timed else {}))
    told = operator.outcome("uid-1")
    assert told.get("error") == error
    assert words in told.get("cause", "")
    assert operator.outcome("uid-0") == {"output": "undisturbed"}
    for number in range(2, 8):
        operator.give(f"uid-{number}", "well")
    counts = [operator.outcome(f"uid-{number}")["output"] for number in range(2, 8)]

    assert min(counts) == 1
    assert operator.outcomes["uid-1"] == [told]


def test_a_second_answer_is_nobodys(operator: FakeOperator, pods: Pods) -> None:
    """The first counts; a child that says more is not asked again."""
    code = handler(
        "if event: return os.getpid()\n"
        'again = \'{"taskId":"uid-2","outcome":{"output":666}}\\n\'\n'
        "tell(context, '{\"output\":%d}' % os.getpid(), '}\\n' + again)\n"
        "time.sleep(100)"
    )
    pods.start(operator, code)
    operator.give("uid-1", 0)
    first = operator.outcome("uid-1")["output"]
    operator.give("uid-2", 1)

    assert operator.outcome("uid-2")["output"] not in (first, 666)
    assert len(operator.outcomes["uid-1"]) == 1


def test_an_answer_out_of_turn_is_nobodys(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """A thread that answers while nothing was asked costs its child, and no task."""
    said = tmp_path / "said"
    code = handler(
        "if event: return os.getpid()\n"
        "import threading\n"
        "def later():\n"
        "    time.sleep(0.1)\n"
        '    say(\'{"taskId":"uid-2","outcome":{"output":666}}\\n\')\n'
        f"    leave({str(said)!r})\n"
        "threading.Thread(target=later).start()\n"
        "return os.getpid()"
    )
    pods.start(operator, code)
    operator.give("uid-1", 0)
    first = operator.outcome("uid-1")["output"]
    operator.wait(said.exists, "it was not said")
    operator.give("uid-2", 1)

    assert operator.outcome("uid-2")["output"] not in (first, 666)


@pytest.mark.parametrize("how", ["print('x' * 1023)", "sys.stdout.write('x' * 1024)"])
def test_a_flood_of_output_costs_the_parent_nothing(
    operator: FakeOperator, pods: Pods, how: str
) -> None:
    """A gigabyte of lines, or of one line, passes by; memory does not grow by it."""
    code = handler(f"for _ in range(event * 1024): {how}\nreturn 'dry'")
    pod = pods.start(operator, code, stdout="/dev/null")
    operator.give("uid-1", 1)
    operator.outcome("uid-1")
    before = _resident(pod.process.pid)
    operator.give("uid-2", 1024)

    operator.wait(lambda: "uid-2" in operator.outcomes, "no outcome", seconds=120)
    assert operator.outcome("uid-2") == {"output": "dry"}
    assert _resident(pod.process.pid) - before < 2 * 1024 * 1024


def test_code_that_ends_its_process_when_loaded_says_so(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """Each task is told the exit code; starts between tasks get rarer."""
    loads = tmp_path / "loads"
    code = handler("return 1", f"leave({str(loads)!r})\nos._exit(9)")
    pods.start(operator, code)
    for number in range(3):
        operator.give(f"uid-{number}")
        assert operator.outcome(f"uid-{number}") == {
            "error": CRASHED,
            "cause": "The process ended with exit code 9",
        }


def test_a_command_that_is_not_there_says_so(operator: FakeOperator, pods: Pods) -> None:
    """The image lacks what it is told to start: each task gets a start failure."""
    pods.start(operator, "", child=["/no/such/runtime"])
    operator.give("uid-1")
    told = operator.outcome("uid-1")

    assert told["error"] == "Asw.StartFailed"
    assert "No such file or directory" in told["cause"]


def test_what_a_child_leaves_running_ends_with_it(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """Also what has forked twice into a session of its own; nothing stays as a zombie."""
    ticks = tmp_path / "ticks"
    code = handler(
        "if event == 'well': return 1\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        while True:\n"
        f"            leave({str(ticks)!r})\n"
        "            time.sleep(0.01)\n"
        "    os._exit(0)\n"
        f"while not os.path.exists({str(ticks)!r}): time.sleep(0.01)\n"
        "os._exit(5)"
    )
    pod = pods.start(operator, code)
    operator.give("uid-1", "ill")
    operator.outcome("uid-1")
    operator.give("uid-2", "well")
    operator.outcome("uid-2")
    size = ticks.stat().st_size
    operator.give("uid-3", "well")
    operator.outcome("uid-3")

    assert ticks.stat().st_size == size
    operator.wait(lambda: pod.zombies() == [], "zombies are left")


def test_a_child_that_does_not_read_holds_nobody_up(operator: FakeOperator, pods: Pods) -> None:
    """A request larger than a pipe waits no longer than the task's own timeout, or its end."""
    pods.start(operator, handler("return 1", "time.sleep(100)"))
    operator.give("uid-1", "x" * 500_000, timeoutSeconds=0.3)
    assert operator.outcome("uid-1")["error"] == "Sandbox.Timedout"
    operator.give("uid-2", "x" * 500_000)
    operator.wait(lambda: operator.of("hello")[-1]["holds"] == ["uid-2"], "it was not taken")
    operator.cancel("uid-2")

    operator.wait(lambda: operator.of("next")[-1]["holds"] == [], "it is still held")
    assert "uid-2" not in operator.outcomes


def test_a_long_life_leaves_nothing_behind(operator: FakeOperator, pods: Pods) -> None:
    """After any mix of deeds: no more descriptors than before, one child a slot, no zombie."""
    deeds = {
        "ends": ("os._exit(3)", CRASHED),
        "dies": ("os.kill(os.getpid(), 9)", CRASHED),
        "lies": ("say('no JSON\\n')", INVALID),
        "raises": ("raise ValueError('no')", "ValueError"),
        "leaves": ("os.fork() or time.sleep(100)\n    os._exit(3)", CRASHED),
        "returns": ("return event", None),
    }
    lines = [f"if event == {name!r}:\n    {deed}" for name, (deed, _) in deeds.items()]
    pod = pods.start(operator, handler("\n".join(lines)), ASW_CONCURRENCY="2")
    chance = random.Random(7)
    first = 0
    for lap in range(2):
        chosen = [chance.choice(list(deeds)) for _ in range(20)]
        for number, name in enumerate(chosen):
            operator.give(f"uid-{lap}-{number}", name)
        told = [operator.outcome(f"uid-{lap}-{number}") for number in range(20)]
        assert [it.get("error") for it in told] == [deeds[name][1] for name in chosen]
        operator.wait(lambda: len(descendants(pod.process.pid)) == 2, "not one child a slot")
        first = first or pod.descriptors()

    operator.wait(lambda: pod.descriptors() <= first, "descriptors are left")
    operator.wait(lambda: pod.zombies() == [], "zombies are left")


# -- the token --------------------------------------------------------------------------------


SPY = """
import ctypes, glob, json, os, signal, socket, subprocess

def read(path):
    try:
        with open(path, "rb") as file:
            return file.read(1 << 20)
    except OSError:
        return b""

def main_handler(event, context):
    token, pid = event["token"].encode()[::-1], event["pid"] or os.getppid()
    loot = {}
    for name in ("environ", "mem", "maps", "smaps", "auxv", "stack", "syscall", "pagemap", "io",
                 "cmdline", "map_files", "personality", "mountinfo", "task/%d/environ" % pid):
        data = read(f"/proc/{pid}/{name}")
        if token in data or (data and name in ("environ", "mem", "maps", "auxv")):
            loot[name] = len(data)
    try:
        with open(f"/proc/{pid}/mem", "rb") as memory:
            loot["mem opened"] = True
    except OSError:
        pass
    for folder in ("fd", "map_files", "task"):
        try:
            entries = os.listdir(f"/proc/{pid}/{folder}")
            if folder != "task":
                loot[folder] = entries
        except OSError:
            pass
    for fd in range(64):
        try:
            os.close(os.open(f"/proc/{pid}/fd/{fd}", os.O_RDONLY))
            loot[f"fd/{fd}"] = True
        except OSError:
            pass
    libc = ctypes.CDLL(None, use_errno=True)
    for request, name in ((16, "attach"), (0x4206, "seize")):
        if libc.ptrace(request, pid, 0, 0) == 0:
            loot[f"ptrace {name}"] = True
    class Vector(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
    buffer = ctypes.create_string_buffer(16)
    own = Vector(ctypes.addressof(buffer), 16)
    other = Vector(id(0), 16)
    if libc.process_vm_readv(pid, ctypes.byref(own), 1, ctypes.byref(other), 1, 0) >= 0:
        loot["process_vm_readv"] = True
    if hasattr(os, "pidfd_open"):
        try:
            fd = os.pidfd_open(pid)
            for number in range(16):
                if libc.syscall(438, fd, number, 0) >= 0:
                    loot[f"pidfd_getfd {number}"] = True
        except OSError:
            pass
    for path in glob.glob("/proc/self/fd/*"):
        try:
            target = os.readlink(path)
        except OSError:
            continue
        if target.startswith("socket:"):
            loot["socket inherited"] = target
    if token in repr(dict(os.environ)).encode() or token in read("/proc/self/environ"):
        loot["own environment"] = True
    if any(name.startswith(("ASW_POLL", "ASW_POD", "ASW_CA")) for name in os.environ):
        loot["variables"] = sorted(os.environ)
    for other in glob.glob("/proc/[0-9]*"):
        for name in ("environ", "cmdline"):
            if token in read(f"{other}/{name}"):
                loot[f"{other}/{name}"] = True
    for number in event["kill"]:
        try:
            os.kill(pid, number)
        except OSError:
            pass
    if signal.SIGTERM in event["kill"]:
        class Info(ctypes.Structure):
            _fields_ = [("signo", ctypes.c_int), ("errno", ctypes.c_int), ("code", ctypes.c_int),
                        ("pad", ctypes.c_int), ("pid", ctypes.c_int), ("uid", ctypes.c_int),
                        ("rest", ctypes.c_char * 104)]
        info = Info(signal.SIGTERM, 0, -1, 0, 0, 0)
        libc.syscall(129, pid, signal.SIGTERM, ctypes.byref(info))
    return loot
"""

NOBODY = ("setpriv", "--reuid=65532", "--regid=65532", "--clear-groups", "--bounding-set=-all")
CONTAINER = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")


def _python_for_all() -> str:
    """A Python that somebody without rights may start in a namespace; empty where there is none."""
    if not shutil.which("unshare") or not shutil.which("setpriv"):
        return ""
    for python in (sys.executable, "/usr/bin/python3"):
        as_user = [
            "sh",
            "-c",
            f"test -r {command('python')[-1]} && {python} -c 'import ssl, ctypes'",
        ]
        tried = [*CONTAINER, *NOBODY, *as_user]
        if subprocess.run(tried, capture_output=True, check=False).returncode == 0:
            return python
    return ""


PYTHON = _python_for_all()
contained = pytest.mark.skipif(not PYTHON, reason="needs root, namespaces and a Python for all")


@contained
def test_a_function_cannot_get_at_the_token(operator: FakeOperator, pods: Pods) -> None:
    """Not from memory, environment, descriptors or arguments, by /proc, ptrace or inheritance."""
    pods.start(operator, {"index.py": SPY}, prefix=(*CONTAINER, *NOBODY), python=PYTHON)
    operator.give("uid-1", {"token": POLL_TOKEN[::-1], "pid": 1, "kill": []})

    assert operator.outcome("uid-1") == {"output": {}}


@contained
def test_a_function_cannot_kill_its_pod(operator: FakeOperator, pods: Pods) -> None:
    """No signal of a process of the container ends its first one."""
    pod = pods.start(operator, {"index.py": SPY}, prefix=(*CONTAINER, *NOBODY), python=PYTHON)
    signals = sorted(set(signal.valid_signals()) - {signal.SIGTERM})
    for number in range(3):
        event = {"token": POLL_TOKEN[::-1], "pid": 1, "kill": signals}
        operator.give(f"uid-{number}", event)
        assert operator.outcome(f"uid-{number}") == {"output": {}}

    assert pod.process.poll() is None
    assert not any(it["draining"] for it in operator.of("hello"))


@contained
@pytest.mark.parametrize("parent", ["python3"], indirect=True)  # Go does not tell who sent a signal
def test_a_function_cannot_have_its_pod_drained(operator: FakeOperator, pods: Pods) -> None:
    """Whoever lives in the container is no kubelet, even if its signal says so."""
    pod = pods.start(operator, {"index.py": SPY}, prefix=(*CONTAINER, *NOBODY), python=PYTHON)
    for number in range(3):
        event = {"token": POLL_TOKEN[::-1], "pid": 1, "kill": [signal.SIGTERM, signal.SIGINT]}
        operator.give(f"uid-{number}", event)
        assert operator.outcome(f"uid-{number}") == {"output": {}}

    assert pod.process.poll() is None
    assert not any(it["draining"] for it in operator.of("hello"))


@contained
def test_the_kubelet_can_end_its_pod(operator: FakeOperator, pods: Pods) -> None:
    """A signal from outside of the container's processes is heard."""
    pod = pods.start(operator, {"index.py": SPY}, prefix=(*CONTAINER, *NOBODY), python=PYTHON)
    operator.give("uid-1", {"token": POLL_TOKEN[::-1], "pid": 1, "kill": []})
    operator.outcome("uid-1")
    pod.terminate_first_process()

    operator.wait(lambda: operator.of("hello")[-1]["draining"], "no goodbye")
    assert pod.end() == 0


def _resident(pid: int) -> int:
    """Bytes of memory that are the process's own."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(pid)
