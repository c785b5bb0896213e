"""Diagrams in other languages: what their own readers make of them is the machine, all of it."""

import re
import warnings
import xml.etree.ElementTree as ET
from datetime import timedelta

import pydot
import pytest

from asw.asl.parse import parse
from asw.asl.values import to_text
from asw.draw.diagram import diagram_json, diagram_of, flows_of
from asw.draw.dot import dot_text, quoted
from asw.draw.mermaid import escaped, mermaid_text
from asw.draw.svg import svg_text
from asw.executions.port import Children
from asw.executions.progress import Progress
from tests.support.odd_names import ODD_NAMES, odd_machine

SVG = "{http://www.w3.org/2000/svg}"
TASK = {"Type": "Task", "Resource": "asw:function:f", "End": True}
SHOP = {
    "StartAt": "Check",
    "States": {
        "Check": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericGreaterThan": 3, "Next": "Each"}],
            "Default": "Stop",
        },
        "Each": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "Item", "States": {"Item": TASK}},
            "Catch": [{"ErrorEquals": ["A", "B"], "Next": "Stop"}],
            "End": True,
        },
        "Stop": {"Type": "Fail"},
    },
}
FARED = {
    "Check": Progress(mark="done", visits=1, took=timedelta(milliseconds=2)),
    "Each": Progress(mark="running", visits=1, children=Children(2, 9, 1)),
    "Item": Progress(mark="failed", visits=3, attempts=5, took=timedelta(seconds=1)),
}


def diagram(definition, progress=None):
    """The diagram of a definition."""
    return diagram_of(parse(to_text(definition)), progress)


def texts(svg):
    """What a reader of the picture reads, tooltips aside, and its classes."""
    root = ET.fromstring(svg)
    return [element.text for element in root.iter(f"{SVG}text")], root


def test_data_of_a_diagram_has_states_and_transitions():
    """Programs get every state with how it fared, and every way with what it is taken for."""
    assert diagram_json(diagram(SHOP, FARED)) == {
        "startAt": "Check",
        "states": [
            {"name": "Check", "type": "Choice", "within": [], "mark": "done", "visits": 1,
             "tries": 0, "seconds": 0.002},
            {"name": "Each", "type": "Map", "within": [], "mark": "running", "visits": 1,
             "tries": 0, "seconds": 0.0, "children": {"ended": 2, "total": 9, "failed": 1}},
            {"name": "Item", "type": "Task", "within": ["Each"], "mark": "failed", "visits": 3,
             "tries": 5, "seconds": 1.0},
            {"name": "Stop", "type": "Fail", "within": [], "mark": "idle", "visits": 0,
             "tries": 0, "seconds": 0.0},
        ],
        "transitions": [
            {"from": "Check", "to": "Each", "kind": "choice", "label": "$.n > 3"},
            {"from": "Check", "to": "Stop", "kind": "default", "label": "else"},
            {"from": "Each", "to": "Stop", "kind": "catch", "label": "A, B"},
        ],
    }  # fmt: skip


def test_svg_shows_names_facts_and_labels():
    """Every state and every way with a condition can be read, each state has its colour."""
    words, root = texts(svg_text(diagram(SHOP, FARED), "shop"))
    assert {"✓ Check", "⋯ Each", "✗ Item", "· Stop", "$.n > 3", "else", "A, B"} <= set(words)
    assert "Map · 2 of 9, 1 failed" in words
    assert "Task · 3 times · 5 tries · 1.0 s" in words
    classes = [element.get("class") for element in root.iter(f"{SVG}g")]
    assert classes == ["state done", "state running", "state failed", "state idle"]
    assert root.find(f"{SVG}title").text == "shop"


def test_svg_without_an_execution_has_no_marks():
    """A definition alone says nothing of how it went."""
    words, _ = texts(svg_text(diagram(SHOP), "shop"))
    assert {"Check", "Choice", "Each", "Map"} <= set(words)


def test_svg_is_self_contained_and_has_a_dark_side():
    """Nothing is fetched from anywhere, no script runs, and dark screens get dark colours."""
    svg = svg_text(diagram(SHOP, FARED), "shop")
    assert "prefers-color-scheme: dark" in svg
    assert not re.search(r"<script|<image|href=|url\((?!#tip\))|@import", svg)


def rectangles(element):
    """Left, top, right and bottom of the boxes and frames right in the element."""
    for rect in element.findall(f"{SVG}rect"):
        if {"box", "frame"} & set((rect.get("class") or "").split()):
            x, y, width, height = (float(rect.get(it)) for it in ("x", "y", "width", "height"))
            yield x, y, x + width, y + height


def test_svg_draws_what_is_inside_inside():
    """Each state of a Map lies within its frame."""
    _, root = texts(svg_text(diagram(SHOP), "shop"))
    for group in root.iter(f"{SVG}g"):
        ((left, top, right, bottom),) = rectangles(group)
        for inner in group.findall(f"{SVG}g"):
            ((left2, top2, right2, bottom2),) = rectangles(inner)
            assert left < left2 < right2 < right
            assert top < top2 < bottom2 < bottom


def test_odd_names_are_text_in_svg():
    """Quotes, tags, entities and signs that XML cannot hold are what they are, or gone."""
    words, root = texts(svg_text(diagram(odd_machine()), 'a <b> & "c" \x00\x1b'))
    assert {'quote " and \\ back', "line break", "中文状态", "#35; <b>&amp;</b>", "[*]"} <= set(
        words
    )
    assert root.find(f"{SVG}title").text == 'a <b> & "c" '
    titles = {element.text for element in root.iter(f"{SVG}title")}
    assert any(title.startswith("x" * 80) for title in titles)


def read_dot(text):
    """What pydot reads; that it uses old names of its parser is its own affair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return pydot.graph_from_dot_data(text)


def all_of(graph):
    """The nodes and edges of a graph of pydot, those of its clusters too."""
    nodes, edges = list(graph.get_nodes()), list(graph.get_edges())
    for inner in graph.get_subgraphs():
        more_nodes, more_edges = all_of(inner)
        nodes, edges = nodes + more_nodes, edges + more_edges
    return nodes, edges


@pytest.mark.parametrize("progress", [None, FARED], ids=["definition", "execution"])
def test_dot_is_read_as_what_was_meant(progress):
    """A reader of DOT finds every state, cluster and way; arrows at a Map are cut at its frame."""
    (graph,) = read_dot(dot_text(diagram(SHOP, progress), "shop"))
    nodes, edges = all_of(graph)
    labels = [node.get("label") for node in nodes if node.get_name().startswith("s")]
    assert len([label for label in labels if label and "\\n" in label]) == 3
    (cluster,) = (it for it in graph.get_subgraphs() if it.get_name() == "cluster_s2")
    assert "Each" in cluster.get("label")
    ways = {(e.get_source(), e.get_destination(), e.get("label"), e.get("lhead")) for e in edges}
    assert ("s1", "s4", '"$.n > 3"', "cluster_s2") in ways
    assert ("s1", "s3", '"else"', None) in ways
    assert ("start", "s1", None, None) in ways
    assert ("s3", "end", None, None) in ways


def test_odd_names_are_labels_in_dot():
    """Names that DOT takes for its own words are read back as labels."""
    (graph,) = read_dot(dot_text(diagram(odd_machine()), 'a "b" {'))
    nodes, edges = all_of(graph)
    labels = {node.get("label") for node in nodes}
    names = [" ".join(name.split()) for name in ODD_NAMES[1:-1]]
    assert {quoted(f"{name}\nPass") for name in names} <= labels
    assert len(edges) == len(ODD_NAMES) + len(("choice", "catch", "start", "end"))


LABEL = r'"[^"\n#{};:<>`%\[\]\\]*(?:#\d+;[^"\n#{};:<>`%\[\]\\]*)*"'
MERMAID = re.compile(
    r"\s*(?:"
    rf"state {LABEL} as s\d+(?: \{{)?"
    r"|(?:\[\*\]|s\d+) --> (?:\[\*\]|s\d+)(?: : (?:[^\"#{};:<>`%\[\]\\]|#\d+;)+)?"
    r"|--|\}|classDef [a-z]+ [#:,a-z0-9]+|class s\d+(?:,s\d+)* [a-z]+"
    r")"
)


@pytest.mark.parametrize("definition", [SHOP, odd_machine()], ids=["plain", "odd names"])
def test_mermaid_has_only_lines_that_its_grammar_knows(definition):
    """Each line is a state, a way, a separator or a class; composite states are closed."""
    head, *lines = mermaid_text(diagram(definition, FARED)).splitlines()
    assert head == "stateDiagram-v2"
    assert [line for line in lines if not MERMAID.fullmatch(line)] == []
    assert sum(line.endswith("{") for line in lines) == sum(line.strip() == "}" for line in lines)


def test_mermaid_has_every_state_and_way():
    """All is there: names, types, conditions, errors, marks and colours."""
    assert mermaid_text(diagram(SHOP, FARED)).splitlines()[1:] == [
        '    state "✓ Check (Choice, 2 ms)" as s1',
        '    state "⋯ Each (Map, 2 of 9, 1 failed)" as s2 {',
        '        state "✗ Item (Task, 3 times, 5 tries, 1.0 s)" as s4',
        "        [*] --> s4",
        "        s4 --> [*]",
        "    }",
        '    state "· Stop (Fail)" as s3',
        "    [*] --> s1",
        "    s1 --> s2 : $.n #62; 3",
        "    s1 --> s3 : else",
        "    s2 --> s3 : A, B",
        "    s2 --> [*]",
        "    s3 --> [*]",
        "    classDef done fill:#e6f4ea,stroke:#1e8e3e,color:#12321d",
        "    class s1 done",
        "    classDef failed fill:#fce8e6,stroke:#c5221f,color:#4a0f0d",
        "    class s4 failed",
    ]


def test_branches_of_a_parallel_are_concurrent_in_mermaid():
    """Two branches are separated by two dashes."""
    branches = [{"StartAt": name, "States": {name: TASK}} for name in ("A", "B")]
    parallel = {"Type": "Parallel", "Branches": branches, "End": True}
    lines = mermaid_text(diagram({"StartAt": "P", "States": {"P": parallel}})).splitlines()
    assert [line.strip() for line in lines].count("--") == 1


def test_entities_of_mermaid_are_read_back():
    """What is escaped is the text again, once the entities are replaced."""
    text = 'a "b" #35; <c> {d}; e:f [*] \\ 中文 é'
    back = re.sub(r"#(\d+);", lambda match: chr(int(match[1])), escaped(text))
    assert back == text


def test_each_state_has_an_id_of_its_own():
    """States of inner blocks share no id with those around them."""
    ids = [node.id for flow in flows_of(diagram(odd_machine())) for node in flow.nodes]
    assert len(set(ids)) == len(ids) == len(ODD_NAMES) + 3
