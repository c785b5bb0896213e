"""Reading files and checking them as a whole: the same for validate, run, test and plan."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from asw.asl.model import Dialect
from asw.lint.documents import Document, read_documents
from asw.lint.findings import Finding, in_order
from asw.lint.manifests import Manifests, read_manifests
from asw.lint.plan import InputOptions, Plan, make_plan
from asw.lint.silencing import heard
from asw.lint.yaml_words import with_readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the files describe, and everything that is wrong with it, by file and line.

    ``plan.workflows`` are those whose definitions can run, by metadata.name.
    """

    documents: Sequence[Document]
    manifests: Manifests
    plan: Plan
    findings: Sequence[Finding]
    unheard: Sequence[Finding] = ()
    """The same, and the warnings that notes in the files silence."""


def check_files(  # noqa: PLR0913 -- each is asked by one verb
    paths: Sequence[Path],
    options: InputOptions | None = None,
    *,
    dialect: Dialect = "ASL",
    is_local: bool = False,
    has_executions: bool = True,
    has_namespaces: bool = False,
) -> Checked:
    """Read and check all of the files; ``-`` is standard input, folders give their manifests.

    The dialect is that of bare definitions. With ``is_local`` the plan can be run on this machine:
    it has Functions, and warnings about those that cannot run here. Without ``has_executions``
    nothing is started: what an Execution names may be elsewhere. With ``has_namespaces`` objects of
    different namespaces may have the same name: all are looked at, and the plan has the first.
    """
    documents, unreadable = read_documents(paths)
    manifests, misshapen = read_manifests(documents, dialect, has_namespaces=has_namespaces)
    defining = manifests if has_executions else replace(manifests, executions={})
    plan, wrong = make_plan(defining, options or InputOptions(), is_local=is_local)
    found = list(with_readings([*unreadable, *misshapen, *wrong]))
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
