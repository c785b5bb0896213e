"""What a Node.js function of SCF or Lambda may count on."""

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.functions.result_server import ResultServer
from tests.functions.tasks import TASK_ID, Tasks

ECHO = "exports.main_handler = async (event) => event;"


@pytest.fixture
def language() -> str:
    """Node.js alone."""
    return "nodejs"


@pytest.mark.parametrize(
    "text",
    [
        "1.5",
        "1e+100",
        '{"a":null,"b":[null,[],{}],"":false}',
        '"中文 \\u0000 \\n é 😀 \\ud800"',
        "null",
    ],
)
def test_what_comes_in_goes_out_as_it_was(tasks: Tasks, text: str) -> None:
    """Nulls keep their place, and text is not escaped but where it must be."""
    assert tasks.run(ECHO, ASW_EVENT=text).file == f'{{"output":{text}}}'.encode()


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("undefined", b"null"),
        ("() => 1", b"null"),
        ("[NaN, undefined]", b"[null,null]"),
        ("new Date(0)", b'"1970-01-01T00:00:00.000Z"'),
        ("{ a: undefined, b: 1 }", b'{"b":1}'),
    ],
)
def test_results_are_read_as_lambda_reads_them(
    tasks: Tasks, expression: str, output: bytes
) -> None:
    """JSON.stringify decides, and nothing is null."""
    code = f"exports.main_handler = async () => ({expression});"

    assert tasks.run(code).file == b'{"output":' + output + b"}"


WAYS = {
    "async": "exports.main_handler = async (event) => event.n;",
    "promise": "exports.main_handler = (event) => Promise.resolve(event.n);",
    "callback": "exports.main_handler = (event, context, callback) => callback(null, event.n);",
    "callback, later": (
        "exports.main_handler = (event, context, callback) => {\n"
        "  setTimeout(callback, 5, null, event.n);\n};"
    ),
    "context.succeed": "exports.main_handler = (event, context) => context.succeed(event.n);",
    "plain return": "exports.main_handler = (event) => event.n;",
}


@pytest.mark.parametrize("code", WAYS.values(), ids=WAYS.keys())
def test_a_handler_answers_in_each_of_lambdas_ways(tasks: Tasks, code: str) -> None:
    """Promise, callback, the old methods of the context; and what a plain function returns."""
    assert tasks.run(code, ASW_EVENT='{"n":5}').outcome == {"output": 5}


@pytest.mark.parametrize(
    ("waits", "output"), [("true", ["answered", "later"]), ("false", ["answered"])]
)
def test_a_callback_waits_for_an_empty_event_loop_if_told_so(
    tasks: Tasks, waits: str, output: list[str]
) -> None:
    """By default the answer of a callback goes out once nothing is left to do, as at Lambda."""
    code = (
        "exports.main_handler = (event, context, callback) => {\n"
        f"  context.callbackWaitsForEmptyEventLoop = {waits};\n"
        "  const said = [];\n"
        "  setTimeout(() => said.push('later'), 50);\n"
        "  said.push('answered');\n"
        "  callback(null, said);\n};"
    )

    assert tasks.run(code).outcome == {"output": output}


def test_a_callback_that_is_never_called_gives_null(tasks: Tasks) -> None:
    """The task ends when nothing is left that could call it, as at Lambda."""
    code = "exports.main_handler = (event, context, callback) => 5;"

    assert tasks.run(code).outcome == {"output": None}


MODULES: dict[str, tuple[dict[str, str], str]] = {
    "CommonJS": ({"index.js": "exports.handler = async () => __filename;"}, "index.handler"),
    "an ES module": ({"index.mjs": "export const handler = async () => 1;"}, "index.handler"),
    "a .cjs beside its package.json": (
        {"index.cjs": "exports.handler = async () => 1;", "package.json": '{"type":"module"}'},
        "index.handler",
    ),
    "an ES module by package.json": (
        {
            "index.js": "import { one } from './lib/one.js';\nexport const handler = () => one;",
            "lib/one.js": "export const one = Promise.resolve(1);",
            "package.json": '{"type":"module"}',
        },
        "index.handler",
    ),
    "top-level await": (
        {"index.mjs": "const one = await 1;\nexport const handler = async () => one;"},
        "index.handler",
    ),
    "a folder": (
        {
            "src/app.js": "exports.handler = async () => require('./one').one;",
            "src/one.js": "exports.one = require('../two.json').length;",
            "two.json": "[1]",
        },
        "src/app.handler",
    ),
    "a property": ({"index.js": "exports.api = { get: async () => 1 };"}, "index.api.get"),
}


@pytest.mark.parametrize(("files", "handler"), MODULES.values(), ids=MODULES.keys())
def test_a_handler_is_found_in_modules_and_folders(
    tasks: Tasks, files: dict[str, str], handler: str
) -> None:
    """As Lambda finds it: by file, extension and the type that package.json says."""
    ended = tasks.run(files, ASW_HANDLER=handler)

    assert ended.status == 0, ended.stderr
    assert ended.outcome["output"]


def test_a_missing_module_is_told_with_what_there_is(tasks: Tasks) -> None:
    """The message says what was looked for, and what the code has."""
    ended = tasks.run({"app.js": "", "lib/x.mjs": ""}, ASW_HANDLER="index.handler")

    assert ended.outcome["error"] == "Runtime.ImportModuleError"
    assert ended.cause["errorMessage"] == (
        "Unable to import module 'index': no file index.js, index.mjs or index.cjs"
        " (the code has app.js, lib/x.mjs)"
    )


@pytest.mark.parametrize("handler", ["main_handler", "../up.handler", "index."])
def test_a_handler_name_must_name_a_module(tasks: Tasks, handler: str) -> None:
    """A handler without a dot, or out of the code, is refused with an example."""
    ended = tasks.run(ECHO, ASW_HANDLER=handler)

    assert ended.outcome["error"] == "Runtime.MalformedHandlerName"
    assert "index.main_handler" in ended.cause["errorMessage"]


def test_code_may_lie_in_a_folder(tasks: Tasks, tmp_path: Path) -> None:
    """ASW_CODE_DIR is what a mounted ConfigMap or a derived image uses; traces name its files."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "index.js").write_text(
        "exports.main_handler = async () => { throw new Error(require('./beside').word) };"
    )
    (code / "beside.js").write_text("exports.word = require('fs').readFileSync('word.txt', 'utf8')")
    (code / "word.txt").write_text("beside")

    ended = tasks.run("", ASW_CODE="", ASW_CODE_DIR=str(code))

    assert ended.cause["errorMessage"] == "beside"
    assert f"({code}/index.js:1:" in ended.cause["trace"][1]


MOUNTED = """
root=$1 packages=$2; shift 2
mount --bind "$root" "$root" && mount -o remount,bind,ro "$root" || exit 99
mount -t tmpfs none /var && mkdir /var/task || exit 99
if [ "$packages" ]; then ln -s "$packages" /var/task/node_modules || exit 99; fi
exec "$@"
"""
"""Starts a command in an image whose code is mounted, and cannot be written, even by root."""
NAMESPACE = ("unshare", "--mount", *(() if os.geteuid() == 0 else ("--map-root-user",)))
mounting = pytest.mark.skipif(
    subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode != 0,
    reason="needs mount namespaces",
)
GREETING = {
    "greeting/index.js": "exports.hello = `hello ${require('name')}`;",
    "name/index.js": "module.exports = 'Ada';",
}
SAYING = {
    "index.mjs": "import { hello } from 'greeting';\nimport { deep } from './lib/deep/deep.mjs';\n"
    "import old from './lib/old.cjs';\n"
    "export const main_handler = async () => [hello, deep, old];",
    "lib/deep/deep.mjs": "export const { hello: deep } = await import('greeting');",
    "lib/old.cjs": "module.exports = require('greeting').hello;",
}


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def _mount(folder: Path, files: dict[str, str]) -> Path:
    """Files as the kubelet puts those of a ConfigMap: behind a link that it can turn at once."""
    _write(folder / "..2026_12_01", files)
    (folder / "..data").symlink_to("..2026_12_01")
    for name in {name.partition("/")[0] for name in files}:
        (folder / name).symlink_to(f"..data/{name}")
    return folder


@mounting
@pytest.mark.parametrize("at", ["/var/task", "the folder that the platform names"])
def test_code_that_is_mounted_finds_packages(tasks: Tasks, tmp_path: Path, at: str) -> None:
    """Import and require, from each of its folders, also where nothing can be put beside it."""
    code = _mount(tmp_path / "code", SAYING)
    packages = str(_write(tmp_path / "packages/node_modules", GREETING))
    is_in_image = at == "/var/task"
    prefix = (*NAMESPACE, "sh", "-c", MOUNTED, "sh", str(code), packages if is_in_image else "")
    named = {} if is_in_image else {"ASW_PACKAGES_DIR": packages}

    ended = replace(tasks, prefix=prefix).run(
        "", ASW_CODE="", ASW_CODE_DIR=str(code), TMPDIR=str(tmp_path), **named
    )

    assert ended.outcome == {"output": ["hello Ada"] * 3}, ended.stderr
    assert {it.name for it in tmp_path.iterdir()} == {"code", "packages", "termination-log"}


@mounting
def test_code_that_is_mounted_stays_there_without_packages(tasks: Tasks, tmp_path: Path) -> None:
    """Nothing is copied that nobody needs."""
    code = _mount(tmp_path / "code", {"index.js": "exports.main_handler = () => process.cwd();"})
    prefix = (*NAMESPACE, "sh", "-c", MOUNTED, "sh", str(code), "")

    ended = replace(tasks, prefix=prefix).run("", ASW_CODE="", ASW_CODE_DIR=str(code))

    assert ended.outcome == {"output": str(code)}, ended.stderr


def test_the_trace_has_the_users_frames_only(tasks: Tasks) -> None:
    """The shape is Lambda's for Node.js: the first line, then a frame a line."""
    code = (
        "function parse(text) { return JSON.parse(text); }\n"
        "exports.main_handler = async () => parse('{');"
    )

    cause = tasks.run(code).cause

    assert list(cause) == ["errorType", "errorMessage", "trace"]
    assert cause["trace"][0].startswith("SyntaxError: ")
    assert cause["trace"][-2].startswith("    at parse (/var/task/index.js:1:")
    assert cause["trace"][-1].startswith("    at exports.main_handler (/var/task/index.js:2:")


def test_a_syntax_error_shows_its_line(tasks: Tasks) -> None:
    """The trace of a file that cannot be compiled begins with the line at fault."""
    trace = tasks.run("\nexports.main_handler = async () => [;").cause["trace"]

    assert trace[:2] == ["/var/task/index.js:2", "exports.main_handler = async () => [;"]


def test_the_context_is_scfs_and_lambdas(tasks: Tasks) -> None:
    """Code written for either platform finds what it knows."""
    code = (
        "exports.main_handler = async (event, context) =>\n"
        "  ({ ...context, remaining: context.getRemainingTimeInMillis() });"
    )

    context: dict[str, Any] = tasks.run(
        code, ASW_TIMEOUT_SECONDS="30", ASW_MEMORY_MB="256", TENCENTCLOUD_REGION="ap-guangzhou"
    ).outcome["output"]

    assert json.loads(context.pop("environment"))["SCF_FUNCTIONNAME"] == "Sum_Two"
    assert "SCF_FUNCTIONNAME=Sum_Two;" in context.pop("environ")
    assert 0 < context.pop("remaining") <= 30_000
    assert context == {
        "callbackWaitsForEmptyEventLoop": True,
        "memory_limit_in_mb": 256,
        "time_limit_in_ms": 30_000,
        "request_id": TASK_ID,
        "function_version": "$LATEST",
        "function_name": "Sum_Two",
        "namespace": "team-a",
        "tencentcloud_region": "ap-guangzhou",
        "tencentcloud_appid": "",
        "tencentcloud_uin": "",
        "functionName": "Sum_Two",
        "functionVersion": "$LATEST",
        "memoryLimitInMB": "256",
        "logGroupName": "/aws/lambda/Sum_Two",
        "logStreamName": "",
        "invokedFunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:Sum_Two",
        "awsRequestId": TASK_ID,
    }


def test_the_platforms_variables_are_set_before_the_import(tasks: Tasks) -> None:
    """Module code may read them; what the user has set stays."""
    code = (
        "const seen = { ...process.env, cwd: process.cwd(), folder: __dirname };\n"
        "exports.main_handler = async () => seen;"
    )

    seen: dict[str, str] = tasks.run(code, SCF_NAMESPACE="mine").outcome["output"]

    assert seen["SCF_RUNTIME"].startswith("Nodejs")
    assert seen["SCF_NAMESPACE"] == "mine"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "Sum_Two"
    assert seen["_HANDLER"] == "index.main_handler"
    assert seen["LAMBDA_TASK_ROOT"] == seen["cwd"] == seen["folder"]
    assert seen["USER_CODE_ROOT"] == f"{seen['folder']}/"
    assert "ASW_CODE" not in seen


def test_the_code_leaves_no_folder_behind(tasks: Tasks, tmp_path: Path) -> None:
    """It is written to a folder that goes with the task."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    code = "exports.main_handler = async () => __dirname;"

    output = tasks.run(code, TMPDIR=str(scratch)).outcome["output"]

    assert Path(output).parent.parent == scratch
    assert list(scratch.iterdir()) == []


def test_output_comes_line_by_line(tasks: Tasks) -> None:
    """A line is in the log when it is printed, even if the process dies the next moment."""
    code = "exports.main_handler = async () => { console.log('said'); process.abort(); }"

    assert tasks.run(code).stdout == "said\n"


def test_an_event_that_is_no_json_is_the_callers_fault(tasks: Tasks) -> None:
    """User code does not run; the error has Lambda's name."""
    assert tasks.run(ECHO, ASW_EVENT="{").outcome["error"] == "Runtime.UnmarshalError"


def test_user_code_may_close_its_streams(tasks: Tasks) -> None:
    """The runtime does not depend on what user code leaves of stdout and stderr."""
    code = (
        "exports.main_handler = async () => {\n"
        "  process.stdout.destroy();\n  process.stderr.destroy();\n"
        "  throw new Error('still told');\n};"
    )

    assert tasks.run(code).cause["errorMessage"] == "still told"


def test_a_timeout_is_told_while_a_child_is_waited_for(tasks: Tasks, server: ResultServer) -> None:
    """The kernel has the thread of user code; the outcome is pushed by another one."""
    code = (
        "const { execSync } = require('child_process');\n"
        "exports.main_handler = async () => execSync('sleep 5');"
    )

    tasks.run(code, server=server, ASW_TIMEOUT_SECONDS="0.3")

    assert b"Sandbox.Timedout" in server.bodies()[0]


def test_what_user_code_replaces_does_not_touch_the_runtime(
    tasks: Tasks, server: ResultServer
) -> None:
    """Instrumented or broken globals change nothing for the outcome, nor who may hear it."""
    code = (
        "process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';\n"
        "require('tls').connect = JSON.stringify = process.reallyExit = null;\n"
        "exports.main_handler = async () => 'told';"
    )

    ended = tasks.run(code, server=server)

    assert (ended.status, server.bodies()) == (0, [b'{"output":"told"}'])
