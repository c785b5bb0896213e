"""Runs the connector as its container does: a process, variables, mounted files, and its log."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.functions.pods import Pod

ROOT = Path(__file__).parents[2]
KEY_ID, SECRET_KEY = "AKIDEXAMPLE", "secret-key-of-tests"
GET = {"service": "dynamodb", "action": "getItem", "sdk": True}


def connection(endpoint: str, **more: Any) -> dict[str, Any]:
    """The spec of a Connection to the endpoint, as in the custom resource."""
    credentials = {"secretRef": {"name": "lab-keys"}}
    usual = {"kind": "aws", "region": "us-east-1", "pathStyle": True, "credentials": credentials}
    return {**usual, "endpoint": endpoint, **more}


def event(task_id: str, parameters: Any = None, **more: Any) -> dict[str, Any]:
    """The event of a call; usually one reads an item of DynamoDB."""
    usual = {"TableName": "t", "Key": {"id": {"S": "1"}}}
    origin = ["arn:execution", "arn:machine"]
    parameters = usual if parameters is None else parameters
    return {**GET, "parameters": parameters, "taskId": task_id, "origin": origin, **more}


def put_keys(files: Path, **keys: str) -> None:
    """Have the folder hold these keys of a Secret, put there at once as the kubelet does it."""
    versions = len(list(files.glob("..v*")))
    version = files / f"..v{versions}"
    version.mkdir(parents=True)
    for key, value in keys.items():
        (version / key).write_text(value)
    data = files / "..data"
    new = files / "..new"
    new.symlink_to(version.name)
    new.replace(data)
    for key in keys:
        if not (files / key).is_symlink():
            (files / key).symlink_to(f"..data/{key}")


def usual_keys(files: Path) -> None:
    """The keys that every pod of a test has."""
    keys = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": f"{SECRET_KEY}\n"}
    put_keys(files / "credentials", **keys)


@contextmanager
def connector_pod(
    folder: Path, variables: Mapping[str, str], spec: Mapping[str, Any], **more: str
) -> Iterator[Pod]:
    """The process, killed at the end of the block. Its files are in ``folder/connection``."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "operator"),
        "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", ""),
        "HOME": "/tmp",
        "ASW_CONNECTION": json.dumps(spec),
        "ASW_CONNECTION_NAME": "lab",
        "ASW_CONNECTION_FILES": str(folder / "connection"),
        **variables,
        **more,
    }
    given = {name: value for name, value in environment.items() if value}
    command = [sys.executable, "-P", "-m", "asw.connector"]
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        process = subprocess.Popen(
            command, env=given, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
    try:
        yield Pod(process, folder)
    finally:
        process.kill()
        process.wait()
