"""Health and metrics."""

import aiohttp
from aiohttp.test_utils import unused_port

from asw.app.health import metrics_text, serve_health


async def test_answers():
    """Liveness, readiness and metrics each have their address."""
    port, state = unused_port(), {"wrong": None, "ready": False}
    runner = await serve_health(
        port,
        complaint=lambda: state["wrong"],
        is_ready=lambda: state["ready"],
        metrics=lambda: {"asw_a_total": 1.0},
    )

    async def status(path):
        url = f"http://127.0.0.1:{port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status, await answer.text()

    assert await status("/healthz") == (200, "ok\n")
    assert await status("/readyz") == (503, "not yet\n")
    assert await status("/metrics") == (200, "asw_a_total 1\n")
    state.update(wrong="watches are broken", ready=True)
    assert await status("/healthz") == (500, "watches are broken\n")
    assert await status("/readyz") == (200, "ok\n")
    await runner.cleanup()


def test_metrics_keep_their_labels():
    """Names may carry labels; lines are sorted."""
    text = metrics_text({'b{x="1"}': 2.0, "a": 0.5})
    assert text == 'a 0.5\nb{x="1"} 2\n'
