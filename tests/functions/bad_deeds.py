"""Bad deeds by language: what a function does to its warm process, and the outcome of its task."""

CRASHED, INVALID = "Asw.TaskCrashed", "Asw.InvalidResult"

PYTHON: dict[str, tuple[str, str | None, str]] = {
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

NODEJS: dict[str, tuple[str, str | None, str]] = {
    "exits": ("process.reallyExit(7);", CRASHED, "The process ended with exit code 7"),
    "exits with success": ("process.reallyExit(0);", None, ""),
    "is killed": ("process.kill(process.pid, 9);", CRASHED, "The process was killed by SIGKILL"),
    "crashes in C": ("process.abort();", CRASHED, "killed by SIGABRT"),
    "kills its process group": ("process.kill(0, 9);", CRASHED, "killed by SIGKILL"),
    "answers for another's task": (
        'say(\'{"taskId":"uid-of-another","outcome":{"output":1}}\\n\'); await sleep(100);',
        INVALID,
        "the runtime answered for another task",
    ),
    "answers with garbage": (
        "say('no JSON\\n'); await sleep(100);",
        INVALID,
        "the runtime wrote a line that is no answer",
    ),
    "answers with half an answer": (
        "tell(context, '{\"output\":1}', ''); process.reallyExit(3);",
        CRASHED,
        "exit code 3",
    ),
    "answers with two values": (
        "tell(context, '{\"output\":1}', '}{}\\n'); await sleep(100);",
        INVALID,
        "no answer",
    ),
    "answers with a constant that is no JSON": (
        "tell(context, '{\"output\":NaN}'); await sleep(100);",
        INVALID,
        "no answer",
    ),
    "answers with no outcome": ("tell(context, '[]'); await sleep(100);", INVALID, "no answer"),
    "answers with a text": ("tell(context, '\"output\"'); await sleep(100);", INVALID, "no answer"),
    "answers with bytes that are no text": (
        "say(Buffer.from([0xff, 0xfe, 10])); await sleep(100);",
        INVALID,
        "no answer",
    ),
    "answers with bottomless JSON": (
        "say('['.repeat(100_000) + '\\n'); await sleep(100);",
        INVALID,
        "",
    ),
    "answers without end": (
        "for (;;) say('x'.repeat(60_000));",
        "States.DataLimitExceeded",
        "The state/task 'Add' returned a result with a size exceeding",
    ),
    "returns too much": (
        "return 'x'.repeat(3 * 1024 * 1024);",
        "States.DataLimitExceeded",
        "The state/task 'Add' returned a result with a size exceeding",
    ),
    "closes all its descriptors": (
        "for (const fd of [0, 1, 2, 3, 4]) fs.closeSync(fd);\nawait sleep(100);",
        CRASHED,
        "The process closed the pipe of its answers and lived on",
    ),
    "leaves a process with its pipes": (
        "spawn('sleep', ['100'], { detached: true, stdio: [3, 4, 2] }); process.reallyExit(5);",
        CRASHED,
        "exit code 5",
    ),
    "runs for ever, deaf to SIGTERM": (
        "process.on('SIGTERM', () => {}); for (;;);",
        "Sandbox.Timedout",
        "Task timed out after 0.30 seconds",
    ),
    "is stopped": ("process.kill(process.pid, 'SIGSTOP');", "Sandbox.Timedout", "timed out"),
    "runs for too long": ("await sleep(100);", "Sandbox.Timedout", "timed out after 0.30 seconds"),
}
