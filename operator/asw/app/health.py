"""``/healthz``: the process does its work. ``/readyz``: its caches are filled, no more.

A standby without the lease is ready too: it verifies and forwards what tasks push. ``/metrics``
shows what was done since the start.
"""

from collections.abc import Callable, Mapping

from aiohttp import web


async def serve_health(
    port: int,
    *,
    complaint: Callable[[], str | None],
    is_ready: Callable[[], bool],
    metrics: Callable[[], Mapping[str, float]],
) -> web.AppRunner:
    """Listen on all addresses; the runner is to be cleaned up."""

    async def healthz(_: web.Request) -> web.Response:
        wrong = complaint()
        return web.Response(status=500 if wrong else 200, text=f"{wrong or 'ok'}\n")

    async def readyz(_: web.Request) -> web.Response:
        ready = is_ready()
        return web.Response(status=200 if ready else 503, text="ok\n" if ready else "not yet\n")

    async def measured(_: web.Request) -> web.Response:
        return web.Response(text=metrics_text(metrics()), content_type="text/plain")

    application = web.Application()
    routes = {"/healthz": healthz, "/readyz": readyz, "/metrics": measured}
    application.add_routes([web.get(path, handler) for path, handler in routes.items()])
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, port=port).start()
    return runner


def metrics_text(values: Mapping[str, float]) -> str:
    """Numbers in the text format of Prometheus; names may carry labels."""
    return "".join(f"{name} {value:g}\n" for name, value in sorted(values.items()))
