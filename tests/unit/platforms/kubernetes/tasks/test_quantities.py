"""Quantities of Kubernetes, as numbers."""

import pytest

from asw.platforms.kubernetes.tasks.quantities import mebibytes


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("512Mi", 512), ("1Gi", 1024), ("1G", 953), ("1e9", 953), ("1048576", 1), ("1500k", 1)],
)
def test_memory_in_mebibytes(quantity, expected):
    """Functions are told their memory in MiB, however it is written."""
    assert mebibytes(quantity) == expected
