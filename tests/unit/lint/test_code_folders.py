"""A Function's folder is read with its subfolders, and nothing that is not code."""

import json
import os
from pathlib import Path

import pytest

from asw.api.package_lock import installed_lock
from asw.failures import Failure
from asw.lint.checking import check_files
from asw.lint.code_folders import code_files, folder_of, texts
from asw.lint.function_code import code_findings, lock_findings

MANIFEST = """
apiVersion: asw.dev/v1alpha1
kind: Function
metadata: {name: f}
spec: {runtime: python3, code: {path: PATH}}
"""


@pytest.fixture
def project(tmp_path):
    """A checkout with a manifest and a function's folder."""
    (tmp_path / ".git").mkdir()
    write(tmp_path / "deploy/f.yaml", MANIFEST.replace("PATH", "../functions/f"))
    write(tmp_path / "functions/f/index.py", "def main_handler(event, context): pass\n")
    return tmp_path


def write(path: Path, text: str | bytes = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def packed(project):
    """What is read of the folder, by path."""
    return sorted(code_files(project / "deploy/f.yaml", "../functions/f"))


def failure(project, path="../functions/f"):
    manifest = project / "deploy/f.yaml"
    with pytest.raises(Failure) as caught:
        texts(folder_of(manifest, path), code_files(manifest, path))
    assert caught.value.remedy
    return caught.value.message


def test_subfolders_are_kept(project):
    """As packages of Python need it."""
    write(project / "functions/f/lib/deep/rules.py")
    assert packed(project) == ["index.py", "lib/deep/rules.py"]


@pytest.mark.parametrize(
    "name",
    ["tests/test_index.py", "__pycache__/index.pyc", "a.pyc", ".git/config", ".env", "lib/.cache/x",
     "node_modules/a/index.js", ".venv/bin/python", "venv/pyvenv.cfg", "lib/tests/test_a.py",
     "f.test.yaml"],
)  # fmt: skip
def test_what_is_no_code_is_left_out(project, name):
    """Tests, what tools leave behind, and everything hidden, wherever it is."""
    write(project / "functions/f" / name, b"\xff")
    assert packed(project) == ["index.py"]


def test_the_folder_itself_says_what_is_left_out(project):
    """Names, patterns of names, paths and folders; comments and empty lines are none."""
    for name in ("a.md", "lib/b.md", "data/x", "lib/data/x", "lib/data.py", "lib/only.txt", "only"):
        write(project / "functions/f" / name)
    patterns = "# what no function needs\n\n*.md\ndata/\nlib/only.txt\n"
    write(project / "functions/f/.aswignore", patterns)
    assert packed(project) == ["index.py", "lib/data.py", "only"]


def test_the_manifest_beside_the_code_is_not_code(project):
    """A folder may hold both: path is a dot then."""
    manifest = write(project / "functions/f/f.yaml", MANIFEST.replace("PATH", "."))
    assert list(code_files(manifest, ".")) == ["index.py"]


def test_a_link_within_the_project_is_followed(project):
    """A module that functions share may be linked into each."""
    shared = write(project / "shared/common.py", "A = 1\n")
    (project / "functions/f/common.py").symlink_to(shared)
    assert packed(project) == ["common.py", "index.py"]


def make(project, what):
    """Spoil the folder."""
    folder = project / "functions/f"
    match what:
        case "a link out of the project":
            (folder / "a.py").symlink_to("/etc/hostname")
        case "a link to a folder":
            (folder / "lib").symlink_to(project / "deploy")
        case "not text":
            write(folder / "a.bin", b"\xff\xfe\xfd")
        case "a space":
            write(folder / "a b.py")
        case "a pipe":
            os.mkfifo(folder / "pipe")
        case "too large":
            write(folder / "a.csv", "x" * 2_000_000)
            write(folder / "b.csv", "x" * 2_000_000)
        case "empty":
            (folder / "index.py").unlink()


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("a link out of the project", "a.py leads out of the project"),
        ("a link to a folder", "lib is a link to a folder"),
        ("not text", "a.bin: not"),
        ("a space", "a b.py: code cannot have a file of this name"),
        ("a pipe", "pipe is not a file"),
        ("too large", "has more than 3145728 bytes"),
        ("empty", "has no file to pack"),
    ],
)
def test_what_cannot_be_packed_is_named(project, what, told):
    """With the file, and a remedy."""
    make(project, what)
    assert told in failure(project)


def test_a_folder_that_is_not_there_is_named(project):
    """So is a file in its place."""
    assert failure(project, "../functions/g").endswith("functions/g: no such folder")
    assert failure(project, "f.yaml").endswith("f.yaml is not a folder")


@pytest.mark.parametrize("path", ["/etc", "../.."])
def test_a_folder_outside_of_the_project_is_not_read(project, path):
    """What a checkout of somebody else's makes asw read stays within it."""
    assert "leads out of the project" in failure(project, path)


def test_without_a_checkout_the_project_is_the_manifests_folder(project):
    """Nothing else says how far it goes."""
    (project / ".git").rmdir()
    assert "leads out of the project" in failure(project)


def test_a_mistake_is_shown_at_the_path_and_only_once(project):
    """Nothing else is told about a Function whose code is not known."""
    write(project / "deploy/f.yaml", MANIFEST.replace("PATH", "nowhere"))
    checked = check_files([project / "deploy/f.yaml"])
    (found,) = checked.findings
    assert (found.code, found.pointer) == ("InvalidCode", "/spec/code/path")
    assert found.position.line == 5
    assert ("Function", "f") in checked.manifests.refused


def test_a_function_that_names_a_folder_and_more_is_told_so(project):
    """The folder is not read then: the one sentence is about the two fields."""
    text = MANIFEST.replace("{path: PATH}", "{path: ../functions/f, inline: {index.py: ''}}")
    write(project / "deploy/f.yaml", text)
    (found,) = check_files([project / "deploy/f.yaml"]).findings
    assert "code.path" in found.message


def test_every_reader_sees_the_files(project):
    """The handler is looked for in the folder, as in any other code."""
    checked = check_files([project / "deploy/f.yaml"], is_local=True)
    assert not checked.findings
    assert checked.plan.functions["f"].files == {
        "index.py": "def main_handler(event, context): pass\n"
    }


LOCK = f"greeting==1.2 --hash=sha256:{'a' * 64}\n"
WITH_PACKAGES = MANIFEST.replace("PATH}", "../functions/f}, packages: {fromFolder: true}")


def test_the_lock_of_a_folder_is_written_into_the_function(project):
    """What a cluster sees is complete by itself."""
    write(project / "deploy/f.yaml", WITH_PACKAGES)
    write(project / "functions/f/requirements.txt", LOCK)
    found = check_files([project / "deploy/f.yaml"])
    (function,) = found.manifests.functions.values()
    assert function.object.spec.packages.requirements == LOCK
    assert not found.findings


def test_a_folder_without_a_lock_is_told(project):
    """Nobody is left to wonder why nothing is installed."""
    write(project / "deploy/f.yaml", WITH_PACKAGES)
    (finding,) = check_files([project / "deploy/f.yaml"]).findings
    assert "has no requirements.txt, which packages.fromFolder takes" in finding.message


def test_a_lock_that_the_cluster_cannot_install_is_told_with_its_line(project):
    """As the operator would say it, before anything is applied."""
    write(project / "deploy/f.yaml", WITH_PACKAGES)
    write(project / "functions/f/requirements.txt", f"{LOCK}requests==2.32.5\n")
    checked = check_files([project / "deploy/f.yaml"])
    (finding,) = lock_findings(checked.manifests)
    assert "line 2: requests==2.32.5 has no hash" in finding.message
    assert finding.code == "InvalidField"


MODULES = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"greeting": "^1.0.0"}, "devDependencies": {"jest": "*"}},
        "node_modules/greeting": {"version": "1.2.0", "integrity": f"sha512-{'a' * 86}=="},
        "node_modules/jest": {"version": "29.0.0", "dev": True},
    },
}
NODEJS = WITH_PACKAGES.replace("python3", "nodejs")


def test_of_a_lock_of_nodejs_what_a_cluster_installs_is_written(project):
    """The rest would only make the Function large; its code may import what is locked."""
    write(project / "deploy/f.yaml", NODEJS)
    write(project / "functions/f/index.js", "require('greeting'); exports.main_handler = () => 1;")
    write(project / "functions/f/package-lock.json", json.dumps(MODULES))
    found = check_files([project / "deploy/f.yaml"])
    (function,) = found.manifests.functions.values()
    assert function.object.spec.packages.package_lock == installed_lock(json.dumps(MODULES))
    assert [*found.findings, *code_findings(found.manifests)] == []


def test_a_lock_of_nodejs_that_the_cluster_cannot_install_is_told_at_its_field(project):
    """With the package that it is about."""
    write(project / "deploy/f.yaml", NODEJS)
    wrong = json.dumps(MODULES).replace("sha512", "sha1")
    write(project / "functions/f/package-lock.json", wrong)
    (finding,) = lock_findings(check_files([project / "deploy/f.yaml"]).manifests)
    assert "spec.packages.packageLock: node_modules/greeting has no hash" in finding.message
