"""The command ``asw``: its verbs, each in a module of its own that is imported when it is called.

``kubectl asw`` is the same program. Exit codes are in ``asw.exits``.
"""

import sys

import click

from asw import __version__
from asw.cli.completion import kubectl_answer
from asw.cli.group import Group, Verb

WRITE, RUN, LOOK, KEEP, OTHER = "Write and test", "Run", "Look", "Keep", "Other"

VERBS = (
    Verb("init", "Create a workflow from a template.", WRITE),
    Verb("validate", "Report everything that is wrong with manifests and definitions.", WRITE),
    Verb("run", "Run what manifests or a definition describe, on this machine.", WRITE),
    Verb("invoke", "Run a Function alone.", WRITE),
    Verb("test", "Run the test files of workflows, in virtual time.", WRITE),
    Verb("dev", "Check and test again whenever a file changes.", WRITE),
    Verb(
        "apply",
        "Put Workflows and Functions on the cluster or into this machine's store; run nothing.",
        WRITE,
    ),
    Verb("import", "Make manifests from an export of Step Functions or ASW.", WRITE),
    Verb(
        "build", "Make images and rendered manifests of Functions whose code is in folders.", WRITE
    ),
    Verb("plan", "Compare manifests with what the cluster has.", WRITE),
    Verb("start", "Start an execution of a Workflow.", RUN),
    Verb("stop", "Abort an execution.", RUN),
    Verb("suspend", "Let an execution start nothing new.", RUN),
    Verb("resume", "Resume what was suspended or interrupted.", RUN),
    Verb("redrive", "Resume an execution where it failed.", RUN),
    Verb("rerun", "Start an execution again, on the same input or another.", RUN),
    Verb("callback", "Report on a Task that waits by a token.", RUN),
    Verb("approve", "Answer an approval that an execution waits for.", RUN),
    Verb("reject", "Reject what an execution asks approval for.", RUN),
    Verb("invite", "Make a one-time link by which somebody answers an approval.", RUN),
    Verb("activity", "Do the tasks of an activity.", RUN),
    Verb("backfill", "Run a Schedule for instants of the past.", RUN),
    Verb("list", "List executions.", LOOK),
    Verb("schedules", "List Schedules and when they start runs.", LOOK),
    Verb("inbox", "List the approvals that executions wait for.", LOOK),
    Verb("get", "Show executions as objects.", LOOK),
    Verb("history", "Show the events of an execution.", LOOK),
    Verb("logs", "Show what the tasks of an execution printed.", LOOK),
    Verb("watch", "Follow executions as they change.", LOOK),
    Verb("graph", "Draw a state machine, or how an execution went through it.", LOOK),
    Verb("why", "Explain why an execution failed, or what it waits for.", LOOK),
    Verb("export", "Write everything known about an execution to one file.", KEEP),
    Verb("replay", "Show every value of an execution at one moment, offline.", KEEP),
    Verb("prune", "Delete executions of this machine that are over.", KEEP),
    Verb("completion", "Print the script that lets a shell complete asw.", OTHER),
    Verb("keys", "Show or rotate the keys that sign the tokens of tasks.", OTHER),
    Verb("operator", "Run the operator in a cluster; settings come from the environment.", OTHER),
    Verb("serve", "Take reports on callbacks, and polls of workers, over HTTP.", OTHER),
    Verb("version", "Print the version.", OTHER),
)
"""As help lists them; each summary is the first line of its verb's own help."""


@click.group(cls=Group, verbs=VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    __version__, prog_name="asw", message="%(prog)s %(version)s", help="Show the version and exit."
)
def main() -> None:
    """Run state machines of the Amazon States Language, here or on Kubernetes."""


def kubectl_plugin() -> None:
    """``kubectl asw``: the same program, under the name that its user types."""
    main(prog_name="kubectl asw")


def kubectl_completion() -> None:
    """``kubectl_complete-asw``: what kubectl's completion asks, for ``kubectl asw``."""
    click.echo(kubectl_answer(main, sys.argv[1:]))
