"""A run of the archive, which keeps it as a bundle."""

from collections.abc import AsyncGenerator

from asw.executions.bundles.contents import from_bytes
from asw.executions.bundles.runs import BundleRuns
from asw.executions.port import LogLine, LogOptions
from asw.executions.run import Run
from asw.messages import t


class ArchivedRuns(BundleRuns):
    """The port on a run of the archive: it can be read, not changed."""

    async def logs(self, run: Run, options: LogOptions) -> AsyncGenerator[LogLine]:
        """What was kept of what its tasks printed: as on a cluster, it may be nothing."""
        if self.bundle.has_logs:
            async for line in super().logs(run, options):
                yield line


def runs_in(bundle: bytes) -> ArchivedRuns:
    """The port on this bundle. Raises Failure if it is none."""
    place = t("the archive")
    return ArchivedRuns(from_bytes(bundle, place), place)
