"""Images that tests build and load into the cluster."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.cluster import ROOT


def built(name: str, dockerfile: str) -> str:
    """Build an image from the text of a Dockerfile and load it; its name."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "Dockerfile"
        file.write_text(dockerfile)
        words = [sys.executable, "-m", "dev.cluster", "image", "build", name]
        words += [f"--file={file}", f"--context={folder}"]
        subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    return name
