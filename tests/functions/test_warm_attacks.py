"""What a function can do to its pod: each bad deed has one outcome, then comes a fresh child."""

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functions.bad_deeds import CRASHED, INVALID, NODEJS, PYTHON
from tests.functions.fake_operator import POLL_TOKEN, FakeOperator
from tests.functions.pods import Pods, descendants, handler, nodejs_handler, resident
from tests.functions.tasks import Code, command

in_each_language = pytest.mark.parametrize("parent", ["python3", "go", "nodejs"], indirect=True)
WELL = Code(
    python=handler(
        "count.append(1)\nif event == 'well': return len(count)\n"
        "if event == 'wait':\n    time.sleep(0.5)\n    return 'undisturbed'\n@",
        "count = []",
    ),
    nodejs=nodejs_handler(
        "count += 1;\nif (event === 'well') return count;\n"
        "if (event === 'wait') { await sleep(0.5); return 'undisturbed'; }\n@",
        "let count = 0;",
    ),
)
"""Runs the statements in place of ``@`` unless the event asks for something better."""
DEEDS = [
    pytest.param(parent, *deed, id=f"{parent}-{name}")
    for parent, table in (("python3", PYTHON), ("go", PYTHON), ("nodejs", NODEJS))
    for name, deed in table.items()
]


def test_deeds_are_tried_in_each_language() -> None:
    """What one runtime survives, the other is put to as well."""
    assert PYTHON.keys() == NODEJS.keys()


@pytest.mark.parametrize(("parent", "statements", "error", "words"), DEEDS, indirect=["parent"])
def test_a_bad_deed_has_one_outcome(
    operator: FakeOperator, pods: Pods, statements: str, error: str | None, words: str
) -> None:
    """The next task finds a fresh child, and the neighbour has noticed nothing."""
    is_timed = error == "Sandbox.Timedout"
    well = str(getattr(WELL, pods.language))
    code = well.replace("@", statements.replace("\n", "\n    "))
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


@in_each_language
def test_a_second_answer_is_nobodys(operator: FakeOperator, pods: Pods) -> None:
    """The first counts; a child that says more is not asked again."""
    code = Code(
        python=handler(
            "if event: return os.getpid()\n"
            'again = \'{"taskId":"uid-2","outcome":{"output":666}}\\n\'\n'
            "tell(context, '{\"output\":%d}' % os.getpid(), '}\\n' + again)\n"
            "time.sleep(100)"
        ),
        nodejs=nodejs_handler(
            "if (event) return process.pid;\n"
            'const again = \'{"taskId":"uid-2","outcome":{"output":666}}\\n\';\n'
            'tell(context, `{"output":${process.pid}}`, `}\\n${again}`);\n'
            "await sleep(100);"
        ),
    )
    pods.start(operator, code)
    operator.give("uid-1", 0)
    first = operator.outcome("uid-1")["output"]
    operator.give("uid-2", 1)

    assert operator.outcome("uid-2")["output"] not in (first, 666)
    assert len(operator.outcomes["uid-1"]) == 1


@in_each_language
def test_an_answer_out_of_turn_is_nobodys(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """A thread that answers while nothing was asked costs its child, and no task."""
    said = tmp_path / "said"
    code = Code(
        python=handler(
            "if event: return os.getpid()\n"
            "import threading\n"
            "def later():\n"
            "    time.sleep(0.1)\n"
            '    say(\'{"taskId":"uid-2","outcome":{"output":666}}\\n\')\n'
            f"    leave({str(said)!r})\n"
            "threading.Thread(target=later).start()\n"
            "return os.getpid()"
        ),
        nodejs=nodejs_handler(
            "if (event) return process.pid;\n"
            "setTimeout(() => {\n"
            '  say(\'{"taskId":"uid-2","outcome":{"output":666}}\\n\');\n'
            f"  leave({str(said)!r});\n"
            "}, 100);\n"
            "return process.pid;"
        ),
    )
    pods.start(operator, code)
    operator.give("uid-1", 0)
    first = operator.outcome("uid-1")["output"]
    operator.wait(said.exists, "it was not said")
    operator.give("uid-2", 1)

    assert operator.outcome("uid-2")["output"] not in (first, 666)


@in_each_language
@pytest.mark.parametrize(
    "how",
    [
        Code(python="print('x' * 1023)", nodejs="console.log('x'.repeat(1023));"),
        Code(
            python="sys.stdout.write('x' * 1024)", nodejs="process.stdout.write('x'.repeat(1024));"
        ),
    ],
    ids=["lines", "line"],
)
def test_a_flood_of_output_costs_the_parent_nothing(
    operator: FakeOperator, pods: Pods, how: Code
) -> None:
    """A gigabyte of lines, or of one line, passes by; memory does not grow by it."""
    code = Code(
        python=handler(f"for _ in range(event * 1024): {how.python}\nreturn 'dry'"),
        nodejs=nodejs_handler(
            f"for (let n = 0; n < event * 1024; n += 1) {how.nodejs}\nreturn 'dry';"
        ),
    )
    pod = pods.start(operator, code, stdout="/dev/null")
    operator.give("uid-1", 1)
    operator.outcome("uid-1")
    before = resident(pod.process.pid, "RssAnon")
    operator.give("uid-2", 1024)

    operator.wait(lambda: "uid-2" in operator.outcomes, "no outcome", seconds=120)
    assert operator.outcome("uid-2") == {"output": "dry"}
    assert resident(pod.process.pid, "RssAnon") - before < 2 * 1024 * 1024


@in_each_language
def test_code_that_ends_its_process_when_loaded_says_so(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """Each task is told the exit code; starts between tasks get rarer."""
    loads = tmp_path / "loads"
    code = Code(
        python=handler("return 1", f"leave({str(loads)!r})\nos._exit(9)"),
        nodejs=nodejs_handler("return 1;", f"leave({str(loads)!r});\nprocess.reallyExit(9);"),
    )
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


@in_each_language
def test_what_a_child_leaves_running_ends_with_it(
    operator: FakeOperator, pods: Pods, tmp_path: Path
) -> None:
    """Also what has forked twice into a session of its own; nothing stays as a zombie."""
    ticks = tmp_path / "ticks"
    script = f"(setsid sh -c 'while :; do echo >> {ticks}; sleep 0.01; done' &)"
    code = Code(
        python=handler(
            "if event == 'well': return 1\n"
            f"os.system({script!r})\n"
            f"while not os.path.exists({str(ticks)!r}): time.sleep(0.01)\n"
            "os._exit(5)"
        ),
        nodejs=nodejs_handler(
            "if (event === 'well') return 1;\n"
            f"spawn('sh', ['-c', {script!r}], {{ stdio: 'inherit' }});\n"
            f"while (!fs.existsSync({str(ticks)!r})) await sleep(0.01);\n"
            "process.reallyExit(5);"
        ),
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


@pytest.fixture
def scratch() -> Iterator[Path]:
    """A folder that may hold what is too deep for Python's own ways to remove it."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)


@pytest.mark.parametrize("parent", ["nodejs", "shell"], indirect=True)
def test_a_child_that_is_killed_leaves_no_files(
    operator: FakeOperator, pods: Pods, scratch: Path
) -> None:
    """The folder of its code lies in memory, as a rule, which would fill up."""
    code = Code(
        python="",
        nodejs=nodejs_handler(
            f"if (event === 'well') return fs.readdirSync({str(scratch)!r}).length;\n"
            "fs.mkdirSync('a/'.repeat(event), { recursive: true });\n"
            "fs.symlinkSync('/', 'a/root');\n"
            "process.kill(process.pid, 9);"
        ),
        shell=f'[ "$ASW_EVENT" = \'"well"\' ] && {{ ls {scratch} | wc -l; exit; }}\n'
        "mkdir -p a/b && ln -s / a/root\nkill -9 $PPID\nsleep 100",
    )
    pods.start(operator, code, TMPDIR=str(scratch))
    for number, depth in enumerate((1, sys.getrecursionlimit() + 100, 1)):
        operator.give(f"uid-{number}", depth)
        assert operator.outcome(f"uid-{number}")["error"] == CRASHED
    operator.give("uid-4", "well")

    assert operator.outcome("uid-4") == {"output": 1}


@in_each_language
def test_a_child_that_does_not_read_holds_nobody_up(operator: FakeOperator, pods: Pods) -> None:
    """A request larger than a pipe waits no longer than the task's own timeout, or its end."""
    code = Code(
        python=handler("return 1", "time.sleep(100)"),
        nodejs=nodejs_handler(
            "return 1;", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"
        ),
    )
    pods.start(operator, code)
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


PYTHON_FOR_ALL = _python_for_all()
contained = pytest.mark.skipif(
    not PYTHON_FOR_ALL, reason="needs root, namespaces and a Python for all"
)


@contained
def test_a_function_cannot_get_at_the_token(operator: FakeOperator, pods: Pods) -> None:
    """Not from memory, environment, descriptors or arguments, by /proc, ptrace or inheritance."""
    pods.start(operator, {"index.py": SPY}, prefix=(*CONTAINER, *NOBODY), python=PYTHON_FOR_ALL)
    operator.give("uid-1", {"token": POLL_TOKEN[::-1], "pid": 1, "kill": []})

    assert operator.outcome("uid-1") == {"output": {}}


NODEJS_SPY = """
const fs = require('node:fs');

exports.main_handler = async (event) => {
  const token = [...event.token].reverse().join('');
  const loot = {};
  const look = (path) => {
    try {
      const found = fs.readFileSync(path, 'latin1');
      if (found.includes(token)) loot[path] = 'the token';
      return found;
    } catch {
      return '';
    }
  };
  const names = ['environ', 'mem', 'maps', 'auxv', 'cmdline', 'task/1/environ'];
  for (const name of names) if (look(`/proc/1/${name}`) && name !== 'cmdline') loot[name] = 'read';
  for (const name of fs.readdirSync('/proc').filter((it) => Number(it)))
    for (const file of ['environ', 'cmdline']) look(`/proc/${name}/${file}`);
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      if (fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')) loot[fd] = 'a socket';
    } catch {
      continue; // the one that the list was read by
    }
  }
  for (let fd = 0; fd < 64; fd += 1) {
    try {
      fs.closeSync(fs.openSync(`/proc/1/fd/${fd}`));
      loot[`fd ${fd}`] = 'opened';
    } catch {
      continue;
    }
  }
  if (JSON.stringify([process.env, process.argv, process.report.getReport()]).includes(token)) {
    loot.process = 'the token';
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGKILL', 'SIGUSR1', 'SIGSTOP']) {
    try {
      process.kill(1, signal);
    } catch {
      continue;
    }
  }
  return loot;
};
"""


@contained
@pytest.mark.parametrize("parent", ["nodejs"], indirect=True)
def test_a_nodejs_function_gets_at_neither_token_nor_pod(
    operator: FakeOperator, pods: Pods
) -> None:
    """What its parent holds is closed to it, and its signals end nothing."""
    path = f"{Path(PYTHON_FOR_ALL).parent}:{os.environ['PATH']}"
    pod = pods.start(operator, {"index.js": NODEJS_SPY}, prefix=(*CONTAINER, *NOBODY), PATH=path)
    for number in range(3):
        operator.give(f"uid-{number}", {"token": POLL_TOKEN[::-1]})
        assert operator.outcome(f"uid-{number}") == {"output": {}}

    assert pod.process.poll() is None
    assert not any(it["draining"] for it in operator.of("hello"))


@contained
def test_a_function_cannot_kill_its_pod(operator: FakeOperator, pods: Pods) -> None:
    """No signal of a process of the container ends its first one."""
    pod = pods.start(
        operator, {"index.py": SPY}, prefix=(*CONTAINER, *NOBODY), python=PYTHON_FOR_ALL
    )
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
    pod = pods.start(
        operator, {"index.py": SPY}, prefix=(*CONTAINER, *NOBODY), python=PYTHON_FOR_ALL
    )
    for number in range(3):
        event = {"token": POLL_TOKEN[::-1], "pid": 1, "kill": [signal.SIGTERM, signal.SIGINT]}
        operator.give(f"uid-{number}", event)
        assert operator.outcome(f"uid-{number}") == {"output": {}}

    assert pod.process.poll() is None
    assert not any(it["draining"] for it in operator.of("hello"))


@contained
def test_the_kubelet_can_end_its_pod(operator: FakeOperator, pods: Pods) -> None:
    """A signal from outside of the container's processes is heard."""
    pod = pods.start(
        operator, {"index.py": SPY}, prefix=(*CONTAINER, *NOBODY), python=PYTHON_FOR_ALL
    )
    operator.give("uid-1", {"token": POLL_TOKEN[::-1], "pid": 1, "kill": []})
    operator.outcome("uid-1")
    pod.terminate_first_process()

    operator.wait(lambda: operator.of("hello")[-1]["draining"], "no goodbye")
    assert pod.end() == 0
