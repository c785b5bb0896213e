"""A machine whose states have names that other languages take for their own."""

from itertools import pairwise

ODD_NAMES = (
    'quote " and \\ back',
    "line\nbreak",
    "中文状态",
    "x" * 80,
    "end",
    "state",
    "note left of",
    "a:b;c",
    "#35; <b>&amp;</b>",
    "--",
    "[*]",
    "classDef x",
    "{ brace }",
    "%% comment",
    "`tick`",
    "as s1",
    "subgraph cluster_s1 {",
    "<<choice>>",
)


def odd_machine():
    """One state a name in a chain, a Choice first, a Parallel and a Map last."""
    following = dict(pairwise(ODD_NAMES))
    states = {name: {"Type": "Pass", "Next": following[name]} for name in ODD_NAMES[:-1]}
    condition = {"Variable": "$.a", "StringEquals": 'x"y\n: ; --> #1; <!-- &'}
    states[ODD_NAMES[0]] = {
        "Type": "Choice",
        "Choices": [{**condition, "Next": "end"}],
        "Default": ODD_NAMES[1],
    }
    inner = {"StartAt": 'in "P"', "States": {'in "P"': {"Type": "Pass", "End": True}}}
    each = {"StartAt": "in M", "States": {"in M": {"Type": "Pass", "End": True}}}
    states[ODD_NAMES[-1]] = {
        "Type": "Parallel",
        "Branches": [inner],
        "Catch": [{"ErrorEquals": ['E"]'], "Next": "end"}],
        "Next": "Each",
    }
    states["Each"] = {"Type": "Map", "ItemProcessor": each, "End": True}
    return {"StartAt": ODD_NAMES[0], "States": states}
