"""Files are read as kubectl reads them, and whatever is wrong with one is said with its place."""

import pytest

from asw.app.documents import read_documents


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
    ("name", "text", "words"),
    [
        pytest.param("x.yaml", "a: 1\na: 2", "line 2, column 1: key 'a' comes twice", id="twin"),
        pytest.param("x.yaml", "a: ]\n", "line 1, column 4", id="syntax"),
        pytest.param("x.yaml", "a: .nan", "not JSON", id="NaN"),
        pytest.param("x.json", '{"a": NaN}', "NaN is not JSON", id="NaN in JSON"),
        pytest.param("x.json", "{", "line 1 column 2", id="JSON syntax"),
    ],
)
def test_broken_file_is_named(tmp_path, name, text, words):
    """A file that cannot be read is a finding with line and reason."""
    (tmp_path / name).write_text(text)
    found = finding(tmp_path / name)
    assert found.place == str(tmp_path / name)
    assert words in found.message


def test_file_that_is_no_text_is_named(tmp_path):
    """Binary files are no manifests."""
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    assert finding(tmp_path / "x.yaml").message == "not UTF-8 text"


def test_nothing_there_is_a_finding(tmp_path):
    """A missing path and an empty folder are told apart."""
    assert "no such file" in finding(tmp_path / "missing").message
    assert "no .yaml" in finding(tmp_path).message
