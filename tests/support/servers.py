"""What servers of tests need to end without a trace."""

from aiohttp.web_runner import BaseSite

from asw.platforms.kubernetes.results.listening import stop_listening

_stop = BaseSite.stop


async def _let_in_and_stop(self: BaseSite) -> None:
    if self._server is not None:
        await stop_listening(self._server)
    await _stop(self)


def close_all_accepted() -> None:
    """Let aiohttp's servers close what they accepted just before they end, too.

    It would outlive its test, and be told as a fault of whichever test the garbage is collected in.
    """
    BaseSite.stop = _let_in_and_stop  # type: ignore[method-assign]
