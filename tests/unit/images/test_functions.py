"""Functions whose code is in a folder."""

from pathlib import Path

import pytest

from asw.failures import Failure
from asw.images.functions import code_files, folder_of
from asw.images.installing import unpinned
from asw.lint.documents import Document


@pytest.fixture
def folder(tmp_path):
    """A folder of code."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "index.py").write_text("def main_handler(event, context): return event\n")
    return folder


def document(tmp_path, runtime="python3", path="code"):
    """A Function beside the folder."""
    content = {
        "apiVersion": "asw.dev/v1alpha1",
        "kind": "Function",
        "metadata": {"name": "fetch", "namespace": "team"},
        "spec": {"runtime": runtime, "code": {"path": path}, "timeoutSeconds": 30},
    }
    return Document(tmp_path / "functions.yaml", content)


def function(tmp_path, **words):
    """The same, read."""
    found = folder_of(document(tmp_path, **words))
    assert found is not None
    return found


def test_tests_and_tools_are_no_code(folder):
    """Tests, hidden files, bytecode and installed packages stay where they are."""
    for name in ("test_index.py", ".env", "index.pyc", "__pycache__/x.py", "node_modules/a.js"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("x")
    (folder / "rules").mkdir()
    (folder / "rules" / "price.py").write_text("x")
    assert sorted(code_files(folder)) == ["index.py", "rules/price.py"]


def test_code_stays_within_its_folder(folder):
    """A link to a file elsewhere would put that file into an image, unseen."""
    (folder / "key").symlink_to("/etc/hostname")
    with pytest.raises(Failure, match="leads out of"):
        code_files(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    """The failure says which folder was looked for."""
    with pytest.raises(Failure, match="code is not a folder") as failure:
        folder_of(document(tmp_path))
    assert "relative to the manifest's file" in failure.value.remedy


def test_small_code_is_a_config_map(folder, tmp_path):
    """An immutable ConfigMap in the Function's namespace, named by its content."""
    found = function(tmp_path)
    assert not found.needs_image
    made = found.config_map()
    assert made["immutable"] is True
    assert made["metadata"]["namespace"] == "team"
    assert made["data"] == {"index.py": (folder / "index.py").read_text()}
    (folder / "index.py").write_text("other")
    assert function(tmp_path).config_map()["metadata"]["name"] != made["metadata"]["name"]


def test_only_the_code_of_a_manifest_changes(folder, tmp_path):
    """The code's new field stands where the old one was; the rest stays."""
    spec = function(tmp_path).with_code({"image": "x"})["spec"]
    assert list(spec.items()) == [("runtime", "python3"), ("image", "x"), ("timeoutSeconds", 30)]


@pytest.mark.parametrize(
    ("runtime", "name", "text"),
    [
        ("python3", "requirements.txt", "# none\nrequests==2.32.5\n"),
        ("nodejs", "package.json", '{"dependencies": {"a": "1"}}'),
        ("python3", "rules/price.py", "x"),
        ("python3", "large.py", "#" * 1_000_001),
    ],
)
def test_what_no_config_map_can_hold_is_an_image(folder, tmp_path, runtime, name, text):
    """Packages, folders and large code."""
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    assert function(tmp_path, runtime=runtime).needs_image


@pytest.mark.parametrize(
    ("runtime", "name", "text"),
    [
        ("python3", "requirements.txt", "# nothing yet\n\n--index-url https://x.example\n"),
        ("python3", "package.json", '{"dependencies": {"a": "1"}}'),
        ("nodejs", "package.json", '{"type": "module", "devDependencies": {"jest": "1"}}'),
    ],
)
def test_a_file_that_asks_for_nothing_needs_no_image(folder, tmp_path, runtime, name, text):
    """Empty requirements, another runtime's, or such as only tests have."""
    (folder / name).write_text(text)
    assert not function(tmp_path, runtime=runtime).needs_image


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"kind": "ConfigMap", "apiVersion": "v1"}, None),
        ({"kind": "Function", "apiVersion": "asw.dev/v1alpha1", "spec": {"code": {}}}, None),
    ],
)
def test_other_documents_stay_as_they_are(content, message):
    """Only Functions with code.path are made complete."""
    assert folder_of(Document(Path("x.yaml"), content)) is message


def test_requirements_without_versions_are_told(folder):
    """Ranges are found, exact versions, addresses and hashes over several lines are not."""
    (folder / "requirements.txt").write_text(
        "a==1 \\\n    --hash=sha256:00\nb>=2  # loose\nc @ https://x.example/c.whl\nd\n"
    )
    assert unpinned(folder) == ["b>=2", "d"]
