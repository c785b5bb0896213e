"""The one application of ``asw serve``: its routes, and what it says of all others."""

from collections.abc import Callable, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from asw.platforms.kubernetes.results.callback_reports import not_valid
from asw.platforms.kubernetes.results.callbacks import refusal_response

_ROUTES = (
    "POST /v1/callbacks/success, failure or heartbeat, /v1/activities/poll or /v1/approvals/links"
)


def application(
    parts: Sequence[Callable[[web.Application], None]], guards: Sequence[Middleware] = ()
) -> web.Application:
    """The application; each of the parts adds its routes, and each guard sees all requests."""
    made = web.Application(middlewares=[_in_one_form, *guards])
    for add in parts:
        add(made)
    return made


@web.middleware
async def _in_one_form(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors of the library get the form of ours, without the path, which may hold a token."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return refusal_response(not_valid(f"{error.reason}: {_ROUTES}", error.status))
