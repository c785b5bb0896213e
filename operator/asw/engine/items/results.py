"""The results of a distributed Map's children, written to objects or transformed.

AWS: ResultWriter, WriterConfig. AWS also writes when each child started and stopped; the parent's
record does not keep that, so those two fields are left out. All other fields, their order and the
manifest are as AWS writes them, byte for byte.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from asw.asl.errors import RESULT_WRITER_FAILED, StatesError
from asw.asl.model import ResultWriter
from asw.asl.values import Json, to_text
from asw.engine.items.store import NoSuchObject, ObjectStore

_Status: TypeAlias = Literal["SUCCEEDED", "FAILED", "PENDING"]
_KINDS: Final[tuple[_Status, ...]] = ("FAILED", "PENDING", "SUCCEEDED")
_INCLUDED: Final[Json] = {"Included": True}


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


def write_results(writing: Writing, store: ObjectStore) -> Json:
    """Write the files and their manifest; returns the Map's result, which names the manifest.

    Raises StatesError (States.ResultWriterFailed).
    """
    bucket, prefix = _place(writing.parameters)
    folder = f"{prefix}{writing.map_run_arn.rpartition(':')[2]}"
    files: dict[str, list[Json]] = {kind: [] for kind in _KINDS}
    try:
        for kind in _KINDS:
            results = [result for result in writing.results if result.status == kind]
            if results:
                key = f"{folder}/{kind}_0.{writing.writer.output_type.lower()}"
                body = _body(writing, results)
                store.put(bucket, key, body)
                files[kind].append({"Key": key, "Size": len(body)})
        manifest = {
            "DestinationBucket": bucket,
            "MapRunArn": writing.map_run_arn,
            "ResultFiles": files,
        }
        store.put(bucket, f"{folder}/manifest.json", to_text(manifest).encode())
    except NoSuchObject as error:
        raise _failed(str(error)) from None
    return {
        "MapRunArn": writing.map_run_arn,
        "ResultWriterDetails": {"Bucket": bucket, "Key": f"{folder}/manifest.json"},
    }


def shape_results(writer: ResultWriter, results: Iterable[ChildResult], map_run_arn: str) -> Json:
    """The Map's result if nothing is written, in the form that WriterConfig asks for."""
    return _shaped(writer.transformation, list(results), map_run_arn)


def _shaped(
    transformation: str | None, results: Sequence[ChildResult], map_run_arn: str
) -> list[Json]:
    match transformation:
        case "COMPACT":
            return [_output(result, map_run_arn) for result in results]
        case "FLATTEN":
            flat: list[Json] = []
            for result in results:
                output = _output(result, map_run_arn)
                flat.extend(output if isinstance(output, list) else [output])
            return flat
        case _:
            return [_described(result, map_run_arn) for result in results]


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


def _body(writing: Writing, results: Sequence[ChildResult]) -> bytes:
    shaped = _shaped(writing.writer.transformation, results, writing.map_run_arn)
    if writing.writer.output_type == "JSONL":
        return _utf8("".join(f"{to_text(item)}\n" for item in shaped))
    return _utf8(to_text(shaped))


def _utf8(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which only JSON can express, becomes a question mark."""
    return text.encode(errors="replace")


def _place(parameters: Json) -> tuple[str, str]:
    given = parameters if isinstance(parameters, dict) else {}
    bucket, prefix = given.get("Bucket"), given.get("Prefix", "")
    if not isinstance(bucket, str) or not isinstance(prefix, str):
        raise _failed("The ResultWriter needs a Bucket, and a Prefix that is a string if any.")
    return bucket, f"{prefix.rstrip('/')}/" if prefix else ""


def _failed(cause: str) -> StatesError:
    return StatesError(RESULT_WRITER_FAILED, cause)
