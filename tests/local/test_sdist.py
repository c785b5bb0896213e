"""The source distribution."""

import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = (
    "import sys; from hatchling.builders.sdist import SdistBuilder; "
    "print(*SdistBuilder('.').build(directory=sys.argv[1], versions=['standard']))"
)


def test_it_holds_what_a_wheel_is_built_of(tmp_path: Path) -> None:
    """Nothing of the checkout is taken along for bearing the name of something else."""
    command = [sys.executable, "-c", BUILD, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with tarfile.open(done.stdout.split()[-1]) as archive:
        names = [Path(*Path(name).parts[1:]) for name in archive.getnames()]
    folders = {name.parts[0] for name in names if len(name.parts) > 1}
    assert folders == {"operator", "functions", "crds", "docs"}
    assert {name.parts[1] for name in names if name.parts[0] == "docs"} == {"schema"}
    assert {str(name) for name in names if len(name.parts) == 1} == {
        *("pyproject.toml", "hatch_build.py", "PKG-INFO", ".gitignore"),
        *("README.md", "LICENSE", "CHANGELOG.md"),
    }
