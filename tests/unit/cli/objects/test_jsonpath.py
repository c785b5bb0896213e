"""Templates of -o jsonpath: kubectl's dialect. tests/cluster compares with kubectl itself."""

import pytest

from asw.cli.objects.jsonpath import InvalidTemplate, applied, read_template, selected

VALUE = {
    "kind": "List",
    "items": [
        {
            "metadata": {"name": "a", "labels": {"x.y/z": "1"}},
            "status": {"phase": "Failed", "n": 1.5, "conditions": [{"type": "R", "status": "No"}]},
        },
        {
            "metadata": {"name": "b"},
            "status": {"phase": "Succeeded", "n": 3, "ok": True, "nil": None, "文": "字"},
        },
    ],
}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{.items[*].metadata.name}", "a b"),
        (".items[0].metadata.name", "a"),
        ("x{.kind}y{.nope}z", "xListyz"),
        ("{range .items[*]}{.metadata.name}={.status.n}{'\\n'}{end}", "a=1.5\nb=3\n"),
        ("{range items[*]}{.metadata.name}{end}{.kind}", "abList"),
        ('{.items[?(@.status.n>2)].metadata.name}{"\\t"}', "b\t"),
        ('{.items[?(@.status.phase=="Failed")].metadata.name}', "a"),
        ("{.items[?(@.status.phase!='Failed')].metadata.name}", "b"),
        ("{.items[?(@.status.ok==true)].metadata.name}", "b"),
        ("{.items[?(@.status.conditions)].metadata.name}", "a"),
        ('{.items[?(@.status.phase>"A")].metadata.name}', "a b"),
        ("{.items[?(@.status.phase>1)].metadata.name}", ""),
        ("{.items[*].metadata.labels.x\\.y/z}", "1"),
        ("{.items[0].metadata.labels['x.y/z']}", "1"),
        ("{.items[*].metadata['name','labels']}", 'a b {"x.y/z":"1"}'),
        ("{.items[*]['metadata.name','kind']}", "a b"),
        ("{.items[0].metadata.labels['x\\.y/z']}", "1"),
        ("{..name}", "a b"),
        ("{.items[-1].metadata.name}{.items[0:1].metadata.name}", "ba"),
        ("{.items[0,1].metadata.name}", "a b"),
        ("{.items[::2].metadata.name}", "a"),
        ("{.items.*.metadata.name}", "a b"),
        ("{$.kind} {@.kind}", "List List"),
        ("{.items[1].status.nil}|{.items[1].status.ok}|{.items[5]}", "|true|"),
        ("{.items[1].status.文}", "字"),
        ("{.items[1].status}", '{"phase":"Succeeded","n":3,"ok":true,"nil":null,"文":"字"}'),
        ("{.kind.x}{.items.name}", ""),
        ("{ .kind }", "List"),
    ],
)
def test_templates_make_what_kubectl_makes(template, expected):
    """Fields, brackets, filters, ranges, texts; what is not there is empty."""
    assert applied(read_template(template), VALUE) == expected


@pytest.mark.parametrize(
    "template",
    [
        "{.a",
        "{range .a}x",
        "{end}",
        "{.a[}",
        "{.a[x]}",
        "{.a[]}",
        "{.a[1}",
        "{.a[::0]}",
        "{.a[?(@.b]}",
        "{.a[?(@.b ~ 1)]}",
        "{'x}",
        "{.a!}",
        "{",
        "no! path",
        "{.a[?(@.b==)]}",
    ],
)
def test_what_is_no_template_is_refused_with_its_place(template):
    """Whoever mistypes one sees where."""
    with pytest.raises(InvalidTemplate):
        read_template(template)


def test_an_expression_to_sort_by_is_one():
    """Several have no order."""
    assert selected(read_template(".kind"), VALUE) == ["List"]
    with pytest.raises(InvalidTemplate):
        selected(read_template("{.a}{.b}"), VALUE)


def test_what_is_wrong_with_a_template_is_told_in_the_users_language(monkeypatch):
    """The place, and what is missing there."""
    monkeypatch.setenv("ASW_LANG", "zh")
    with pytest.raises(InvalidTemplate, match=r"第 7 个字符处.*花括号没有闭合"):
        read_template("{.spec")
