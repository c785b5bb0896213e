"""What a Python function of SCF or Lambda may count on."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.functions.tasks import TASK_ID, Tasks

ECHO = "def main_handler(event, context):\n    return event"


@pytest.mark.parametrize(
    "text",
    [
        "1.0",
        "-0.0",
        "12345678901234567890123456789",
        "0.1",
        "1e+100",
        '{"a":null,"b":[null,[],{}],"":false}',
        '"中文 \\u0000 \\n é"',
        '"😀"',
        "null",
    ],
)
def test_what_comes_in_goes_out_as_it_was(tasks: Tasks, text: str) -> None:
    """Numbers keep their kind, nulls their place, and text is not escaped but where it must be."""
    assert tasks.run(ECHO, ASW_EVENT=text).file == f'{{"output":{text}}}'.encode()


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("b'{\"a\":\\n 1.50}'", b'{"a":  1.50}'),
        ("'plain'.encode()", b'"plain"'),
        ("b'NaN'", b'"NaN"'),
        ("(1, 2)", b"[1,2]"),
        ("{1: True, None: 2}", b'{"1":true,"null":2}'),
        ("'\\ud800'", b'"\\ud800"'),
        ("[decimal.Decimal('1.50'), decimal.Decimal(2)]", b"[1.5,2]"),
        ("None", b"null"),
    ],
    ids=str,
)
def test_results_are_read_as_lambda_reads_them(
    tasks: Tasks, expression: str, output: bytes
) -> None:
    """Bytes are the body as it is, a Decimal is a number, half a surrogate pair an escape."""
    code = f"import decimal\ndef main_handler(event, context):\n    return {expression}"

    assert tasks.run(code).file == b'{"output":' + output + b"}"


@pytest.mark.parametrize(
    ("handler", "file"),
    [
        ("index.main_handler", "index.py"),
        ("handler.main_handler", "handler.py"),
        ("pkg/mod.main_handler", "pkg/mod.py"),
        ("pkg.mod.main_handler", "pkg/mod.py"),
        ("pkg.main_handler", "pkg/__init__.py"),
    ],
)
def test_a_handler_is_found_in_files_and_packages(tasks: Tasks, handler: str, file: str) -> None:
    """Dots and slashes lead into packages, with or without __init__.py."""
    code = {file: "def main_handler(event, context):\n    return __name__"}

    ended = tasks.run(code, ASW_HANDLER=handler)

    assert ended.outcome == {"output": handler.rpartition(".")[0].replace("/", ".")}


def test_files_import_each_other(tasks: Tasks) -> None:
    """Absolute and relative imports, other files as data, and paths that look like Lambda's."""
    files = {
        "index.py": (
            "import pkgutil\nfrom pkg import mod\n"
            "def main_handler(event, context):\n"
            "    data = pkgutil.get_data('pkg', 'data/table.csv')\n"
            "    return [mod.name, data.decode(), __file__, mod.__file__]\n"
        ),
        "pkg/__init__.py": "",
        "pkg/mod.py": "from .names import name",
        "pkg/names.py": "name = 'from names'",
        "pkg/data/table.csv": "a,b",
    }

    output = tasks.run(files).outcome["output"]

    assert output == ["from names", "a,b", "/var/task/index.py", "/var/task/pkg/mod.py"]


def test_code_may_lie_in_a_folder(tasks: Tasks, tmp_path: Path) -> None:
    """ASW_CODE_DIR is what a mounted ConfigMap or a derived image uses."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "index.py").write_text(
        "import beside\ndef main_handler(event, context):\n    raise ValueError(beside.word)\n"
    )
    (tmp_path / "code" / "beside.py").write_text("word = 'beside'")

    ended = tasks.run("", ASW_CODE="", ASW_CODE_DIR=str(tmp_path / "code"))

    assert ended.cause["errorMessage"] == "beside"
    [frame] = ended.cause["stackTrace"]
    assert frame.endswith("in main_handler\n    raise ValueError(beside.word)\n")


def test_the_context_is_scfs_dict_and_lambdas_object(tasks: Tasks) -> None:
    """Code written for either platform finds what it knows."""
    code = (
        "def main_handler(event, context):\n"
        "    names = ['function_name', 'function_version', 'aws_request_id',\n"
        "             'memory_limit_in_mb', 'invoked_function_arn', 'identity', 'client_context',\n"
        "             'log_group_name', 'log_stream_name']\n"
        "    attributes = {name: getattr(context, name) for name in names}\n"
        "    return [dict(context), attributes, context.get_remaining_time_in_millis()]\n"
    )

    entries, attributes, remaining = tasks.run(
        code, ASW_TIMEOUT_SECONDS="30", ASW_MEMORY_MB="256", TENCENTCLOUD_REGION="ap-guangzhou"
    ).outcome["output"]

    environment = json.loads(entries.pop("environment"))
    assert environment["SCF_FUNCTIONNAME"] == "Sum_Two"
    assert "SCF_FUNCTIONNAME=Sum_Two;" in entries.pop("environ")
    assert entries == {
        "memory_limit_in_mb": 256,
        "time_limit_in_ms": 30_000,
        "request_id": TASK_ID,
        "function_version": "$LATEST",
        "function_name": "Sum_Two",
        "namespace": "team-a",
        "tencentcloud_region": "ap-guangzhou",
        "tencentcloud_appid": "",
        "tencentcloud_uin": "",
    }
    assert attributes == {
        "function_name": "Sum_Two",
        "function_version": "$LATEST",
        "aws_request_id": TASK_ID,
        "memory_limit_in_mb": "256",
        "invoked_function_arn": "arn:aws:lambda:us-east-1:000000000000:function:Sum_Two",
        "identity": None,
        "client_context": None,
        "log_group_name": "/aws/lambda/Sum_Two",
        "log_stream_name": "",
    }
    assert 0 < remaining <= 30_000


def test_the_platforms_variables_are_set_before_the_import(tasks: Tasks) -> None:
    """Module code may read them; what the user has set stays."""
    code = (
        "import os, sys\nseen = dict(os.environ)\nminor = sys.version_info.minor\n"
        "def main_handler(event, context):\n    return seen | {'minor': minor}\n"
    )

    seen: dict[str, Any] = tasks.run(
        code, SCF_NAMESPACE="mine", ASW_HANDLER="index.main_handler"
    ).outcome["output"]

    expected = {
        "TENCENTCLOUD_RUNENV": "SCF",
        "SCF_FUNCTIONNAME": "Sum_Two",
        "SCF_FUNCTIONVERSION": "$LATEST",
        "SCF_NAMESPACE": "mine",
        "SCF_RUNTIME": f"Python3.{seen['minor']}",
        "USER_CODE_ROOT": "/var/task/",
        "AWS_LAMBDA_FUNCTION_NAME": "Sum_Two",
        "LAMBDA_TASK_ROOT": "/var/task",
        "_HANDLER": "index.main_handler",
        "ASW_TASK_ID": TASK_ID,
        "ASW_STATE": "Add",
    }
    assert {name: seen.get(name) for name in expected} == expected
    assert "ASW_CODE" not in seen


def test_a_coroutine_handler_is_awaited(tasks: Tasks) -> None:
    """``async def`` handlers run in an event loop of their own."""
    code = (
        "import asyncio\nasync def main_handler(event, context):\n"
        "    await asyncio.sleep(0)\n    return 'awaited'\n"
    )

    assert tasks.run(code).outcome == {"output": "awaited"}


def test_installed_packages_can_be_imported(tasks: Tasks) -> None:
    """The search in site-packages is late, not absent."""
    code = (
        "import sys\nbefore = 'site' in sys.modules\nimport pip\n"
        "def main_handler(event, context):\n    return [before, pip.__name__]\n"
    )

    assert tasks.run(code).outcome == {"output": [False, "pip"]}


def test_a_module_that_is_nowhere_is_missing_as_ever(tasks: Tasks) -> None:
    """Optional imports keep working: the late search ends in ModuleNotFoundError."""
    code = (
        "try:\n    import no_such_module\nexcept ModuleNotFoundError as error:\n"
        "    name = error.name\n"
        "def main_handler(event, context):\n    return name\n"
    )

    assert tasks.run(code).outcome == {"output": "no_such_module"}


def test_logs_that_a_logger_passes_are_shown(tasks: Tasks) -> None:
    """``logger.setLevel(INFO)`` is all that SCF and Lambda ask for; so it is here."""
    code = (
        "import logging\nlogger = logging.getLogger()\nlogger.setLevel(logging.INFO)\n"
        "def main_handler(event, context):\n    logger.info('counted %d', 3)\n"
    )

    assert "counted 3\n" in tasks.run(code).stderr


def test_output_comes_line_by_line(tasks: Tasks) -> None:
    """A line is in the log when it is printed, even if the process dies the next moment."""
    code = "import os\ndef main_handler(event, context):\n    print('said')\n    os._exit(9)"

    ended = tasks.run(code)

    assert (ended.status, ended.stdout) == (9, "said\n")


def test_an_event_that_is_no_json_is_the_callers_fault(tasks: Tasks) -> None:
    """User code does not run; the error has Lambda's name."""
    assert tasks.run(ECHO, ASW_EVENT="{").outcome["error"] == "Runtime.UnmarshalError"


def test_a_handler_name_must_name_a_module(tasks: Tasks) -> None:
    """A handler without a dot is refused with an example."""
    ended = tasks.run(ECHO, ASW_HANDLER="main_handler")

    assert ended.outcome["error"] == "Runtime.MalformedHandlerName"
    assert "index.main_handler" in ended.cause["errorMessage"]


def test_user_code_may_close_its_streams(tasks: Tasks) -> None:
    """The runtime does not depend on what user code leaves of stdout and stderr."""
    code = (
        "import sys\ndef main_handler(event, context):\n"
        "    sys.stdout.close()\n    sys.stderr = None\n    raise ValueError('still told')\n"
    )

    assert tasks.run(code).cause["errorMessage"] == "still told"
