"""Makes calls: many at a time in one process, each with an end that has a name.

botocore's models say how a request is written, signed and read, aiobotocore does it without
blocking, and nothing here knows a single service.
"""

import asyncio
import logging
import traceback
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Self

from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.credentials import ReadOnlyCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    UnknownServiceError,
)
from botocore.loaders import Loader

from asw import __version__
from asw.asl.errors import ADDRESS_REFUSED, NO_CREDENTIALS
from asw.connector import errors, optimized
from asw.connector.addresses import AddressRefused
from asw.connector.calls import Call, Done, Failed, Outcome
from asw.connector.gateway import invoke, is_gateway
from asw.connector.http.gateway import GatewayRequest, gateway_request
from asw.connector.http.requests import BadRequest, is_reading
from asw.connector.identity import NotAssumed, RoleCredentials
from asw.connector.pace import Pace
from asw.connector.places import Access
from asw.connector.services import Operation, UnknownCall, is_at_hand, operation_of
from asw.connector.sessions import MOST_BYTES, NoAnswer, TooLarge
from asw.connector.shaping import BadParameters, arguments, result
from asw.connector.tokens import Repetition, add_token, repetition
from asw.connector.transport import Body, Transport

logger = logging.getLogger(__name__)

AT_A_TIME: Final = 500
"""Calls of one Access that are under way at the same time; others wait for their turn."""
_USER_AGENT: Final = f"asw/{__version__}"
_NO_CREDENTIALS: Final = (
    "There is nothing to sign the call with: name credentials in the Connection, or set AWS_PROFILE"
    " or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
)
CLIENTS_KEPT: Final = 16
"""How many services' clients an Access keeps."""


class Connector:
    """Calls services. Use as an async context manager."""

    def __init__(self, *, at_a_time: int = AT_A_TIME, most_bytes: int = MOST_BYTES) -> None:
        self._at_a_time = at_a_time
        self._most_bytes = most_bytes
        self._places: dict[Access, _Place] = {}
        self._reading = asyncio.Lock()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections; calls that are under way fail."""
        places, self._places = list(self._places.values()), {}
        await asyncio.gather(*(place.close() for place in places))

    async def make(self, call: Call, access: Access) -> Outcome:
        """Make the call. What goes wrong is an outcome, too.

        An Access takes the place of another one of its name, whose calls that are under way end
        as they would have: so keys change.
        """
        if is_gateway(call):
            return await self._invoke(call, access)
        if access.unsigned is not None:
            return Failed(error=NO_CREDENTIALS, cause=access.unsigned)
        await self._read_model(call)
        try:
            operation, wanted = _request(call)
        except (UnknownCall, BadParameters) as bad:
            return errors.unfit(call, str(bad))
        return await self._place(access).make(call, operation, wanted)

    async def exchange(
        self, call: Call, wanted: dict[str, Any], access: Access
    ) -> dict[str, Any] | Failed:
        """Make the call with arguments as botocore takes them; what it gives, or the failure."""
        if access.unsigned is not None:
            return Failed(error=NO_CREDENTIALS, cause=access.unsigned)
        await self._read_model(call)
        return await self._place(access).exchange(call, operation_of(call), wanted)

    async def _invoke(self, call: Call, access: Access) -> Outcome:
        try:
            request = gateway_request(call.parameters, access.endpoint)
        except BadRequest as bad:
            return errors.unfit(call, str(bad))
        if request.is_signed and access.unsigned is not None:
            return Failed(error=NO_CREDENTIALS, cause=access.unsigned)
        return await self._place(access).invoke(call, request)

    async def _read_model(self, call: Call) -> None:
        """Read what is known of the service, one at a time, while calls of others go on."""
        if is_at_hand(call):
            return
        async with self._reading:
            if not is_at_hand(call):
                await asyncio.to_thread(repetition_of, call)

    def _place(self, access: Access) -> "_Place":
        if access not in self._places:
            for other in [it for it in self._places if it.name == access.name]:
                self._places.pop(other).retire()
            transport = Transport(access, limit=self._at_a_time, most_bytes=self._most_bytes)
            self._places[access] = _Place(access, transport, self._at_a_time)
        return self._places[access]


def repetition_of(call: Call) -> Repetition:
    """When the call may be made again, if nobody knows whether it was made."""
    if is_gateway(call):
        return "Always" if is_reading(call.parameters) else "Never"
    try:
        operation, wanted = _request(call)
    except (UnknownCall, BadParameters):
        return "Always"  # no request can be made of it
    return repetition(operation, wanted)


def _request(call: Call) -> tuple[Operation, dict[str, Any]]:
    """What the call means and sends. Raises UnknownCall and BadParameters."""
    operation = operation_of(call)
    given = call.parameters if call.sdk else optimized.prepared(call)
    wanted = arguments(given, operation.model.input_shape)
    add_token(call, operation, wanted)
    return operation, wanted


class _Place:
    """One Access: its connections, its clients, its pace."""

    def __init__(self, access: Access, transport: Transport, at_a_time: int) -> None:
        self._access = access
        self._transport = transport
        self._pace = Pace(access.calls_per_second)
        self._room = asyncio.Semaphore(at_a_time)
        self._session = AioSession()
        self._session.register_component("data_loader", _LOADER)
        # What the machine may do is not what its tenants may.
        self._session.get_component("credential_provider").remove("iam-role")
        if access.web_identity is not None:
            role = RoleCredentials(access.web_identity, self._creator)
            self._session.register_component("credential_provider", role)
        self._clients: OrderedDict[str, asyncio.Future[Any]] = OrderedDict()
        self._under_way = 0
        self._is_retired = False
        self._closing: asyncio.Task[None] | None = None

    async def make(self, call: Call, operation: Operation, wanted: dict[str, Any]) -> Outcome:
        """Make the call within its time, which begins when it is sent."""
        answer = await self.exchange(call, operation, wanted)
        return answer if isinstance(answer, Failed) else _outcome(call, operation, answer)

    async def exchange(
        self, call: Call, operation: Operation, wanted: dict[str, Any]
    ) -> dict[str, Any] | Failed:
        """The same, with the answer as botocore has it."""
        async with self._used():
            return await self._answer(call, operation, wanted)

    async def invoke(self, call: Call, request: GatewayRequest) -> Outcome:
        """The same for a call of an API in API Gateway."""
        seconds = self._access.call_seconds
        async with self._used(), self._room:
            await self._pace.turn()
            try:
                async with asyncio.timeout(seconds):
                    key = await self._key() if request.is_signed else None
                    return await invoke(request, key, self._access.region, self._transport)
            except TimeoutError:
                return errors.gateway_timed_out(seconds)
            except (NoAnswer, TooLarge, AddressRefused, NotAssumed, BotoCoreError) as error:
                return _known_failure(call, error) or errors.gateway_no_answer(str(error))

    async def _key(self) -> Any:
        """What to sign with, as botocore has it. Raises NoCredentialsError and NotAssumed."""
        own = self._access.credentials
        if own is not None:
            return ReadOnlyCredentials(own.access_key_id, own.secret_access_key, own.session_token)
        found = await self._session.get_credentials()
        if found is None:
            raise NoCredentialsError
        return await found.get_frozen_credentials()

    @asynccontextmanager
    async def _used(self) -> AsyncIterator[None]:
        """Nothing is closed before the block ends."""
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            self._close_if_over()

    def retire(self) -> None:
        """Close once the calls that are under way have ended."""
        self._is_retired = True
        self._close_if_over()

    def _close_if_over(self) -> None:
        if self._is_retired and not self._under_way and self._closing is None:
            self._closing = asyncio.ensure_future(self.close())

    async def _answer(
        self, call: Call, operation: Operation, wanted: dict[str, Any]
    ) -> dict[str, Any] | Failed:
        seconds = self._access.call_seconds
        async with self._room:
            await self._pace.turn()
            try:
                client = await self._client(operation.folder)
                async with asyncio.timeout(seconds):
                    answer: dict[str, Any] = await client._make_api_call(  # noqa: SLF001 (its methods only rename it)
                        operation.model.name, wanted
                    )
                    return answer
            except TimeoutError:
                return errors.timed_out(operation, seconds)
            except Exception as error:  # noqa: BLE001 (translated here, at the border)
                return _failure(call, operation, error)

    async def _client(self, folder: str) -> Any:
        """The client of the service, made once; the one that was not used for longest goes."""
        if folder not in self._clients:
            self._clients[folder] = asyncio.ensure_future(self._new_client(folder))
            if len(self._clients) > CLIENTS_KEPT:
                self._clients.popitem(last=False)
        self._clients.move_to_end(folder)
        try:
            return await asyncio.shield(self._clients[folder])
        except BaseException:
            made = self._clients.get(folder)
            if made is not None and made.done() and (made.cancelled() or made.exception()):
                del self._clients[folder]
            raise

    async def _new_client(self, folder: str) -> Any:
        await asyncio.to_thread(_read_files, folder)
        return await self._creator(folder).__aenter__()

    def _creator(self, folder: str, signature: Any = None) -> Any:
        """What becomes a client of the service when it is entered; ``signature`` is botocore's."""
        access, key = self._access, self._access.credentials
        style = {"addressing_style": "path"} if access.path_style else {}
        config = AioConfig(  # whole: its merge() would lose the transport
            http_session_cls=self._transport,
            user_agent=_USER_AGENT,  # else it is put together anew for each call
            parameter_validation=False,  # the service's own words are what AWS shows
            retries={"total_max_attempts": 1},  # Retry of the state decides
            inject_host_prefix=access.endpoint is None,
            s3=style,
            signature_version=signature,
        )
        return self._session.create_client(
            folder,
            region_name=access.region,
            endpoint_url=access.endpoint,
            aws_access_key_id=None if key is None else key.access_key_id,
            aws_secret_access_key=None if key is None else key.secret_access_key,
            aws_session_token=None if key is None else key.session_token,
            config=config,
        )

    async def close(self) -> None:
        """End all clients and connections."""
        for made in self._clients.values():
            made.cancel()
        await self._transport.close()


def _outcome(call: Call, operation: Operation, answer: dict[str, Any]) -> Outcome:
    metadata = answer.get("ResponseMetadata", {})
    read = {name: _read(value) for name, value in answer.items()}
    dialect = operation.dialect
    spelt = result(read, operation.model.output_shape, dialect.member, dialect.instant)
    return Done(output=spelt) if call.sdk else optimized.finished(call, spelt, metadata)


def _read(value: Any) -> Any:
    """A streamed body is here already; only aiobotocore's wrapper has to go."""
    return value.data if isinstance(value, Body) else value


def _failure(call: Call, operation: Operation, error: Exception) -> Failed:
    """The failure for what botocore or the transport raised.

    botocore raises anything when it reads an answer that makes no sense.
    """
    known = _known_failure(call, error)
    if known is not None:
        return known
    match error:
        case ClientError():
            return errors.refused(operation, error.response)
        case NoAnswer() | BotoCoreError():
            why = str(error)
        case _:
            where = traceback.extract_tb(error.__traceback__)[-1]
            kind, at = type(error).__name__, f"{where.filename}:{where.lineno}"
            # its text may quote the answer, which is nobody's who reads logs
            logger.warning("%s:%s: %s at %s", call.resource_type, call.action, kind, at)
            why = f"the answer cannot be read ({type(error).__name__})"
    return errors.no_answer(operation, why)


def _known_failure(call: Call, error: Exception) -> Failed | None:
    """The failure for what has one name wherever it happens."""
    match error:
        case TooLarge():
            return errors.too_large(call)
        case AddressRefused():
            return Failed(error=ADDRESS_REFUSED, cause=str(error))
        case NoCredentialsError():
            return Failed(error=NO_CREDENTIALS, cause=_NO_CREDENTIALS)
        case NotAssumed():
            return Failed(error=NO_CREDENTIALS, cause=str(error))
    return None


_LOADER: Final = Loader()


def _read_files(folder: str) -> None:
    """Have the loader keep what a client is made of, so that making one reads no file."""
    _LOADER.load_service_model(folder, "service-2")
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        _LOADER.load_data(name)
    with suppress(UnknownServiceError):
        _LOADER.load_service_model(folder, "endpoint-rule-set-1")
