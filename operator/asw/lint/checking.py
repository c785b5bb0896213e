"""Reads files and checks them as a whole, the same way for validate, run, test and plan."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asw.asl.model import Dialect
from asw.lint.code_folders import with_code
from asw.lint.documents import Document, read_documents
from asw.lint.findings import Finding, in_order
from asw.lint.locating import read_as
from asw.lint.manifests import Manifests, read_manifests
from asw.lint.plan import InputOptions, Plan, make_plan
from asw.lint.silencing import heard
from asw.messages import t


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the files describe, and all that is wrong with it, by file and line.

    ``plan.workflows`` has the Workflows whose definitions can run, by metadata.name.
    """

    documents: Sequence[Document]
    manifests: Manifests
    plan: Plan
    findings: Sequence[Finding]
    unheard: Sequence[Finding] = ()
    """The same, and the warnings that notes in the files silence."""


def check_files(  # noqa: PLR0913 -- each option is one verb's
    paths: Sequence[Path],
    options: InputOptions | None = None,
    *,
    dialect: Dialect = "ASL",
    is_local: bool = False,
    has_executions: bool = True,
    has_namespaces: bool = False,
) -> Checked:
    """Read and check all files; ``-`` is standard input, a folder stands for its manifests.

    ``dialect`` applies to bare definitions. With ``is_local`` the plan can run on this machine: it
    has Functions, and warnings about those that cannot run here. Without ``has_executions`` nothing
    is started, so what an Execution names may be elsewhere. With ``has_namespaces`` objects of
    different namespaces may share a name: all are checked, and the plan has the first.
    """
    written, unreadable = read_documents(paths)
    documents, unpacked = with_code(written)
    manifests, misshapen = read_manifests(documents, dialect, has_namespaces=has_namespaces)
    defining = manifests if has_executions else replace(manifests, executions={})
    plan, wrong = make_plan(defining, options or InputOptions(), is_local=is_local)
    found = list(_with_readings([*unreadable, *unpacked, *misshapen, *wrong]))
    return Checked(
        documents=documents,
        manifests=manifests,
        plan=plan,
        unheard=found,
        findings=in_order(
            heard(found, documents),
            [document.origin.file for document in documents],
        ),
    )


def _with_readings(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings; an error at a word such as ``on`` also says how YAML reads that word."""
    for finding in findings:
        reading = "" if finding.is_warning else _reading_at(finding)
        if reading:
            yield replace(finding, remedy="; ".join(filter(None, (finding.remedy, reading))))
        else:
            yield finding


def _reading_at(finding: Finding) -> str:
    source, position = finding.source, finding.position
    if source is None or source.is_json or position is None:
        return ""
    if position.line != position.end_line:
        return ""
    word = source.line(position.line)[position.column - 1 : position.end_column - 1]
    read = read_as(word)
    if read in (None, word):
        return ""
    return t("YAML reads {word} as {read}: quote it to make it text", word=word, read=read)
