"""The results of a distributed Map's children, written to objects or transformed.

AWS: ResultWriter, WriterConfig. AWS also writes when each child started and stopped; the parent's
record does not keep that, so those two fields are left out. All other fields, their order and the
manifest are as AWS writes them, byte for byte.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from asw.asl.errors import RESULT_WRITER_FAILED, StatesError
from asw.asl.model import ResultWriter
from asw.asl.values import Json, to_text
from asw.engine.items.store import NoSuchObject, ObjectStore

_Status: TypeAlias = Literal["SUCCEEDED", "FAILED", "PENDING"]
_KINDS: Final[tuple[_Status, ...]] = ("FAILED", "PENDING", "SUCCEEDED")
_INCLUDED: Final[Json] = {"Included": True}
_AROUND: Final = 2
"""Bytes that a file has around a result at most: brackets and a comma, or the end of a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildResult:
    """The result of one child: its output, or error and cause."""

    index: int
    name: str
    status: _Status
    input: Json
    output: Json = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a ResultWriter writes; ``parameters`` are evaluated (Bucket, Prefix)."""

    writer: ResultWriter
    parameters: Json
    results: Sequence[ChildResult]
    map_run_arn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """An object to be written."""

    bucket: str
    key: str
    body: bytes


def write_results(writing: Writing, store: ObjectStore) -> Json:
    """Write the files and their manifest; returns the Map's result, which names the manifest.

    Raises StatesError (States.ResultWriterFailed).
    """
    try:
        for file in result_files(writing):
            store.put(file.bucket, file.key, file.body)
    except NoSuchObject as error:
        raise _failed(str(error)) from None
    return written(writing)


def written(writing: Writing) -> Json:
    """The result of a Map whose files are written. Raises StatesError."""
    bucket, folder = _place(writing)
    return {
        "MapRunArn": writing.map_run_arn,
        "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"},
    }


def result_files(writing: Writing, most_bytes: int | None = None) -> Iterator[ResultFile]:
    """The files one by one, their manifest last.

    AWS numbers the files of a kind from 0. There is a further one whenever the next result would
    make the last one larger than ``most_bytes``. Raises StatesError.
    """
    bucket, folder = _place(writing)
    files: dict[str, list[Json]] = {kind: [] for kind in _KINDS}
    for kind in _KINDS:
        results = [result for result in writing.results if result.status == kind]
        for number, body in enumerate(_bodies(writing, results, most_bytes)):
            key = f"{folder}/{kind}_{number}.{writing.writer.output_type.lower()}"
            yield ResultFile(bucket=bucket, key=key, body=body)
            files[kind].append({"Key": key, "Size": len(body)})
    manifest = {
        "DestinationBucket": bucket,
        "MapRunArn": writing.map_run_arn,
        "ResultFiles": files,
    }
    body = to_text(manifest).encode()
    yield ResultFile(bucket=bucket, key=f"{folder}/manifest.json", body=body)


def shape_results(writer: ResultWriter, results: Iterable[ChildResult], map_run_arn: str) -> Json:
    """The Map's result if nothing is written, in the form that WriterConfig asks for."""
    return list(_shaped(writer.transformation, results, map_run_arn))


def _shaped(
    transformation: str | None, results: Iterable[ChildResult], map_run_arn: str
) -> Iterator[Json]:
    for result in results:
        if transformation not in ("COMPACT", "FLATTEN"):
            yield _described(result, map_run_arn)
            continue
        output = _output(result, map_run_arn)
        if transformation == "FLATTEN" and isinstance(output, list):
            yield from output
        else:
            yield output


def _output(result: ChildResult, map_run_arn: str) -> Json:
    """AWS: a child without an output is described as by the transformation NONE."""
    return result.output if result.status == "SUCCEEDED" else _described(result, map_run_arn)


def _described(result: ChildResult, map_run_arn: str) -> Json:
    """AWS: a child as DescribeExecution describes it; payloads as JSON text."""
    told = {"Input": to_text(result.input), "InputDetails": _INCLUDED, "Status": result.status}
    if result.status == "PENDING":
        return told
    prefix, _, path = map_run_arn.partition(":mapRun:")
    machine = path.rpartition(":")[0]
    told |= {
        "ExecutionArn": f"{prefix}:execution:{machine}:{result.name}",
        "Name": result.name,
        "OutputDetails": _INCLUDED,
        "RedriveCount": 0,
        "StateMachineArn": f"{prefix}:stateMachine:{machine}",
        **_ending(result),
    }
    return dict(sorted(told.items()))


def _ending(result: ChildResult) -> dict[str, Json]:
    if result.status == "SUCCEEDED":
        return {
            "Output": to_text(result.output),
            "RedriveStatus": "NOT_REDRIVABLE",
            "RedriveStatusReason": "Execution is SUCCEEDED and cannot be redriven",
        }
    texts = {"Error": result.error, "Cause": result.cause}
    present = {name: text for name, text in texts.items() if text is not None}
    return {**present, "RedriveStatus": "REDRIVABLE_BY_MAP_RUN"}


def _bodies(
    writing: Writing, results: Sequence[ChildResult], most_bytes: int | None
) -> Iterator[bytes]:
    """The files of a kind; none if there is nothing of it, else one at least."""
    lines: list[bytes] = []
    size = 0
    for item in _shaped(writing.writer.transformation, results, writing.map_run_arn):
        line = _utf8(to_text(item))
        if lines and most_bytes is not None and size + len(line) > most_bytes:
            yield _body(writing.writer, lines)
            lines, size = [], 0
        lines.append(line)
        size += len(line) + _AROUND
    if results:
        yield _body(writing.writer, lines)


def _body(writer: ResultWriter, lines: Sequence[bytes]) -> bytes:
    if writer.output_type == "JSONL":
        return b"".join(line + b"\n" for line in lines)
    return b"[" + b",".join(lines) + b"]"


def _utf8(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which only JSON can express, becomes a question mark."""
    return text.encode(errors="replace")


def _place(writing: Writing) -> tuple[str, str]:
    """The bucket, and the folder of this Map Run in it."""
    given = writing.parameters if isinstance(writing.parameters, dict) else {}
    bucket, prefix = given.get("Bucket"), given.get("Prefix", "")
    if not isinstance(bucket, str) or not isinstance(prefix, str):
        raise _failed("The ResultWriter needs a Bucket, and a Prefix that is a string if any.")
    run = writing.map_run_arn.rpartition(":")[2]
    return bucket, f"{prefix.rstrip('/')}/{run}" if prefix else run


def _failed(cause: str) -> StatesError:
    return StatesError(RESULT_WRITER_FAILED, cause)
