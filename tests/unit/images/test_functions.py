"""Functions whose code is in a folder."""

from pathlib import Path

import pytest

from asw.failures import Failure
from asw.images.functions import read_function
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
    manifest = tmp_path / "functions.yaml"
    manifest.touch()
    return Document(manifest, content)


def function(tmp_path, **words):
    """The same, read."""
    found = read_function(document(tmp_path, **words))
    assert found is not None
    return found


def test_a_folder_that_is_not_there_is_named(tmp_path):
    """The failure says which folder was looked for."""
    with pytest.raises(Failure, match="code: no such folder") as failure:
        read_function(document(tmp_path))
    assert "relative to the file of the manifest" in failure.value.remedy


def test_only_the_code_of_a_manifest_changes(folder, tmp_path):
    """The code's new field stands where the old one was; the rest stays."""
    spec = function(tmp_path).in_image("x")["spec"]
    assert list(spec.items()) == [("runtime", "python3"), ("image", "x"), ("timeoutSeconds", 30)]


@pytest.mark.parametrize(
    ("runtime", "name", "text", "reason"),
    [
        ("python3", "requirements.txt", "# none\nrequests==2.32.5\n", "requirements.txt"),
        ("python3.13", "requirements.txt", "-r more.txt\n", "requirements.txt"),
        ("nodejs", "package.json", '{"optionalDependencies": {"a": "1"}}', "package-lock.json"),
        ("shell", "large.sh", "#" * 1_000_001, "large.sh has 1000001 bytes"),
        ("python3", "a b.py", "x", "a b.py: code cannot have a file of this name"),
    ],
)
def test_what_no_config_map_can_hold_is_an_image(folder, runtime, name, text, reason):
    """Packages, large code, and names that code in a manifest cannot have."""
    (folder / "package-lock.json").write_text("{}")
    (folder / "more.txt").write_text("requests==2.32.5\n")
    (folder / name).write_text(text)
    found = function(folder.parent, runtime=runtime)
    assert not found.complete
    assert reason in found.reason


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
    assert function(tmp_path, runtime=runtime).complete


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"kind": "ConfigMap", "apiVersion": "v1"}, None),
        ({"kind": "Function", "apiVersion": "asw.dev/v1alpha1", "spec": {"code": {}}}, None),
    ],
)
def test_other_documents_stay_as_they_are(content, message):
    """Only Functions with code.path are made complete."""
    assert read_function(Document(Path("x.yaml"), content)) is message


def test_requirements_without_versions_are_told(folder, tmp_path):
    """Ranges are found, exact versions, addresses and hashes over several lines are not."""
    (folder / "requirements.txt").write_text(
        "a==1 \\\n    --hash=sha256:00\nb>=2  # loose\nc @ https://x.example/c.whl\nd\n"
    )
    assert function(tmp_path).unpinned() == ["b>=2", "d"]


@pytest.mark.parametrize(
    ("runtime", "told"),
    [
        ("shell", "fetch: runtime shell has no packages, as requirements.txt asks"),
        ("image", "fetch: runtime image takes no code from a folder"),
        ("nodejs", "fetch has package.json, but no package-lock.json"),
    ],
)
def test_packages_that_cannot_be_had_are_told(folder, tmp_path, runtime, told):
    """Before anything is built, with the file that asks for them."""
    (folder / "requirements.txt").write_text("requests==2.32.5\n")
    (folder / "package.json").write_text('{"dependencies": {"a": "1"}}')
    with pytest.raises(Failure, match=told) as failure:
        function(tmp_path, runtime=runtime)
    assert failure.value.remedy


def test_packages_that_the_cluster_installs_need_no_image(folder, tmp_path):
    """The rendered manifest has the lock, and no image is built for it."""
    lock = f"greeting==1.2 --hash=sha256:{'a' * 64}\n"
    (folder / "requirements.txt").write_text(lock)
    written = document(tmp_path)
    written.content["spec"]["packages"] = {"fromFolder": True}
    found = read_function(written)
    assert found is not None
    (manifest,) = found.complete
    assert manifest["spec"]["packages"] == {"requirements": lock}
    assert "packages" not in found.in_image("x")["spec"]
