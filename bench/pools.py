"""What many warm Functions cost the operator, without a cluster: ``python -m bench.pools``.

Production's wiring over an API server in memory and pods that speak the contract, in virtual time.
Each Function is called, left alone until it has no pod, and deleted; a round of the pool manager,
which comes about every second, is measured with all pods there and with none.
"""

import asyncio
import logging
import sys
import time
from collections.abc import Sequence

from asw.platforms.kubernetes.pools.manager import PoolManager
from tests.chaos.warm_many import Many
from tests.support.virtual_time import VirtualTimeLoop

COUNTS = (100, 300, 1000)
ROUNDS = 5


async def _measured(count: int) -> Sequence[float]:
    """Seconds: a round with all pods, one without any, and the whole play."""
    begun = time.process_time()
    many = Many(count)
    await many.begin()
    manager, _ = many.kept()
    with_pods = await _round(manager)
    await many.call_each()
    many.leave_alone()
    await many.until(lambda: not many.stage.pods)
    without = await _round(manager)
    many.delete_all()
    await many.until(lambda: not many.stage.api.named("/deployments/"))
    await many.end()
    return with_pods, without, time.process_time() - begun


async def _round(manager: PoolManager) -> float:
    spent = []
    for _ in range(ROUNDS):
        begun = time.process_time()
        await manager.work()
        spent.append(time.process_time() - begun)
    return min(spent)


def main() -> None:
    """Measure, and print a line for each number of Functions."""
    logging.disable(logging.CRITICAL)
    sys.stdout.write("functions   round with pods   round at zero   whole play\n")
    for count in COUNTS:
        with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
            with_pods, without, whole = runner.run(_measured(count))
        figures = f"{with_pods * 1000:13.1f} ms {without * 1000:12.1f} ms {whole:9.1f} s"
        sys.stdout.write(f"{count:9} {figures}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
