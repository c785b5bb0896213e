"""Files are read as kubectl reads them, and whatever is wrong with one is said with its place."""

import pytest

from asw.lint.documents import read_documents


def contents(path):
    """The contents of all documents of the path, which must be in order."""
    documents, findings = read_documents([path])
    assert findings == []
    return [document.content for document in documents]


def finding(path):
    """What is found wrong with the path."""
    documents, (found,) = read_documents([path])
    assert documents == []
    return found


def test_folder_brings_its_manifests_in_order(tmp_path):
    """YAML and JSON files right in the folder are read, by name; others and subfolders are not."""
    (tmp_path / "b.yml").write_text("b: 1")
    (tmp_path / "a.yaml").write_text("a: 1")
    (tmp_path / "c.json").write_text('{"c": 1.0}')
    (tmp_path / "README.md").write_text("# no manifest")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "d.yaml").write_text("d: 1")
    assert contents(tmp_path) == [{"a": 1}, {"b": 1}, {"c": 1.0}]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(
            "deployment.yaml", "{{- if .Values.on }}\nkind: Deployment\n{{- end }}\n", id="chart"
        ),
        pytest.param("mkdocs.yml", "f: !!python/name:materialx.emoji\n", id="tag"),
        pytest.param("tsconfig.json", '{"strict": true, // yes\n}\n', id="comment"),
        pytest.param("values.yaml", "a: 1\na: 2\n", id="twice"),
    ],
)
def test_files_of_other_tools_in_a_folder_are_left_alone(tmp_path, name, text):
    """A pipeline checks a whole repository, in which not every file is YAML that means it."""
    (tmp_path / "a.yaml").write_text("a: 1")
    (tmp_path / name).write_text(text)
    assert contents(tmp_path)[0] == {"a": 1}
    assert read_documents([tmp_path / name])[1] != []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("flow.yaml", "apiVersion: asw.dev/v1alpha1\nkind: [\n"),
        ("flow.json", '{"StartAt": "A",}'),
        ("flow.yaml", "States: [\n"),
        ("flow.asl.json", "{"),
    ],
    ids=["manifest", "start", "states", "name"],
)
def test_what_is_ours_is_told_in_a_folder_too(tmp_path, name, text):
    """A manifest or a definition that cannot be read is not passed over."""
    (tmp_path / name).write_text(text)
    assert finding(tmp_path).file.endswith(name)


def test_documents_and_lists_are_taken_apart(tmp_path):
    """Several documents of a file count, empty ones do not, a List is its items."""
    file = tmp_path / "all.yaml"
    file.write_text("a: 1\n---\n---\nkind: List\nitems: [{b: 1}, {c: 1}]\n")
    assert contents(file) == [{"a": 1}, {"b": 1}, {"c": 1}]


def test_yaml_is_read_as_kubernetes_reads_it(tmp_path):
    """Instants stay text, keys become text, merges work and own keys win over merged ones."""
    file = tmp_path / "x.yaml"
    file.write_text("at: 2020-01-01T00:00:00Z\n1: x\nbase: &b {k: 1}\nown: {<<: *b, k: 2}\n")
    assert contents(file) == [
        {"at": "2020-01-01T00:00:00Z", "1": "x", "base": {"k": 1}, "own": {"k": 2}}
    ]


@pytest.mark.parametrize(
    ("name", "text", "place", "words"),
    [
        pytest.param("x.yaml", "a: ]\n", "1:4", "did not find expected node", id="syntax"),
        pytest.param("x.yaml", "a:\n\tb: 1\n", "2:1", "a tab in the indentation", id="tab"),
        pytest.param(
            "x.yaml", "a: b: c\n", "1:5", "quote a value that contains a colon", id="colon"
        ),
        pytest.param("x.yaml", "a: [1,\nb: 3\n", "2:5", "that opens in line 1", id="bracket"),
        pytest.param("x.yaml", "a: 'x\nb: 2\n", "2:5", "the quotes that open in", id="quote"),
        pytest.param("x.yaml", "a: !Ref B\n", "1:4", "asw import", id="CloudFormation"),
        pytest.param("x.yaml", "a: @b\n", "1:4", "quote a value that begins", id="at"),
        pytest.param("x.yaml", "a: 1\nb: \x01\n", "2:4", "control character", id="control"),
        pytest.param("x.yaml", "a:\n  b: .nan", "2:6", "nan is not JSON", id="NaN"),
        pytest.param("x.yaml", "a:\n  - !!binary aGk=", "2:5", "bytes is not", id="binary"),
        pytest.param("x.yaml", "a: &x [*x]", None, "aliases", id="endless"),
        pytest.param("x.json", '{"a": NaN}', "1:7", "NaN is not JSON", id="NaN in JSON"),
        pytest.param("x.json", "{", "1:1", "the text ends before", id="open"),
        pytest.param("x.json", "", None, "the file is empty", id="empty"),
        pytest.param("x.json", '{"a": 1,\n}', "2:1", "remove the comma", id="comma too many"),
        pytest.param("x.json", '{"a": 1\n "b": 2}', "1:7", "a comma is missing", id="no comma"),
        pytest.param("x.json", "{'a': 1}", "1:2", "single quotes", id="single quotes"),
        pytest.param("x.json", '{"a": 1 // x\n}', "1:7", "no comments", id="comment"),
        pytest.param("x.json", '{"a": True}', "1:7", "write true", id="True"),
        pytest.param("x.json", "{a: 1}", "1:2", "in double quotes", id="no quotes"),
        pytest.param("x.json", '{"a": "b\n"}', "1:9", "runs past the end", id="line break"),
        pytest.param("x.json", '{"a": "\\d"}', "1:8", "no such escape", id="escape"),
        pytest.param("x.json", '{"a": 1}\n{"b": 2}', "2:1", "several documents", id="two"),
        pytest.param("x.json", '{"a" 1}', "1:6", "a colon is missing", id="no colon"),
        pytest.param("x.json", '{"a": abc}', "1:7", "text without quotes: abc", id="word"),
    ],
)
def test_broken_file_is_told_with_place_and_remedy(tmp_path, name, text, place, words):
    """A file that cannot be read is a finding with line, column, reason and what to do."""
    (tmp_path / name).write_text(text)
    found = finding(tmp_path / name)
    assert found.file == str(tmp_path / name)
    assert words in found.sentence
    assert place is None or str(found.position) == place


@pytest.mark.parametrize(
    ("name", "text"),
    [("x.yaml", "b: 1\n\na: 1\na: 2\n"), ("x.json", '{"b": 1,\n\n "a": 1,\n "a": 2}')],
)
def test_a_key_that_comes_twice_is_told_where_it_comes_again(tmp_path, name, text):
    """The first value would be lost without a word."""
    (tmp_path / name).write_text(text)
    _, (found,) = read_documents([tmp_path / name])
    assert (found.code, found.position.line) == ("DuplicateField", 4)
    assert "'a' comes twice" in found.message


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_byte_order_marks_and_line_ends_of_windows_are_read(tmp_path, encoding, line_end):
    """What editors of Windows write is text all the same, and lines are counted alike."""
    file = tmp_path / "x.yaml"
    file.write_bytes(line_end.join(["# 工作流", "a: 1", "b: {c: 李雷}", ""]).encode(encoding))
    (document,), findings = read_documents([file])
    assert (document.content, findings) == ({"a": 1, "b": {"c": "李雷"}}, [])
    assert str(document.origin.position(("b", "c"))) == "3:8"


def test_an_empty_file_that_was_named_is_told(tmp_path):
    """A pipe that lost its content must not pass for valid; beside others it is let alone."""
    (tmp_path / "a.yaml").write_text("# nothing yet\n---\n")
    assert finding(tmp_path / "a.yaml").message == "the file is empty"
    assert contents(tmp_path) == []


def test_files_of_tests_are_no_manifests(tmp_path):
    """A folder's test files are for asw test."""
    (tmp_path / "a.yaml").write_text("a: 1")
    (tmp_path / "a.test.yaml").write_text("cases: []")
    assert contents(tmp_path) == [{"a": 1}]


def test_a_file_that_is_reached_twice_is_read_once(tmp_path):
    """Naming a file and its folder tells of its mistakes once."""
    (tmp_path / "a.yaml").write_text("a: 1")
    documents, findings = read_documents([tmp_path, tmp_path / "a.yaml"])
    assert (len(documents), findings) == (1, [])


def test_file_that_is_no_text_is_named(tmp_path):
    """Binary files are no manifests."""
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    assert finding(tmp_path / "x.yaml").message == "not UTF-8 text"


def test_nothing_there_is_a_finding(tmp_path):
    """A missing path and an empty folder are told apart."""
    assert "no such file" in finding(tmp_path / "missing").message
    assert "no .yaml" in finding(tmp_path).message
