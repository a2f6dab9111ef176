"""GraphQL over websockets: graphql-transport-ws, one object a connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from graphql import GraphQLError, OperationType
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.core.tasks import cancel_surely
from crm_graphql.gql.context import Context
from crm_graphql.server.engine import Answer, refusal
from crm_graphql.server.gateway import Gateway
from crm_graphql.server.operations.preparing import Operation
from crm_graphql.server.refusals import RequestError
from crm_graphql.server.streams.outbox import Outbox
from crm_graphql.server.streams.snapshots import Subscription, failure
from crm_graphql.server.streams.wires import DIRECT, AsgiWire, DirectWire, Wire
from crm_graphql.server.transports import socket_messages as messages
from crm_graphql.server.transports.socket_entry import ANONYMOUS_REASON, NoEntry, caller_of
from crm_graphql.server.transports.socket_messages import BadMessage, CloseCode

ANSWERS_AT_ONCE = 10
"""Queries and mutations of one socket that are run, or whose answers wait for its reader, at once."""
REASON_BYTES = 123
"""The longest reason that a close frame can hold (RFC 6455, section 5.5)."""


class SocketOperation:
    """One operation of a socket: the listener of its subscription, or the task of its query or mutation."""

    def __init__(self, socket: GraphQLSocket, operation_id: str) -> None:
        self._socket = socket
        self._prefix = messages.next_prefix(operation_id)
        self.id = operation_id
        self.subscription: Subscription | None = None
        self.task: asyncio.Task[None] | None = None
        self.ended = False

    def newest(self, payload: bytes) -> None:
        """Send an event, or let it replace the one that still waits."""
        if not self.ended:
            self._socket.outbox.newest(self.id, b"".join((self._prefix, payload, b"}")))

    def append(self, payload: bytes) -> None:
        """Send an event that must not be left out."""
        if not self.ended:
            self._socket.outbox.put(b"".join((self._prefix, payload, b"}")))

    def refused(self, answer: Answer) -> None:
        """End with errors."""
        if self._end():
            self._socket.outbox.last(self.id, messages.error(self.id, answer.body["errors"]))

    def complete(self) -> None:
        """End in order."""
        if self._end():
            self._socket.outbox.last(self.id, messages.complete(self.id))

    @property
    def has_room(self) -> bool:
        """Whether the socket takes more."""
        return self._socket.outbox.has_room

    async def room(self) -> None:
        """Wait until the socket takes more."""
        await self._socket.outbox.room()

    def cancel(self) -> None:
        """The client wants no more of it, or is gone: nothing is sent any more."""
        if self._end():
            self._socket.outbox.drop(self.id)
            if self.task is not None:
                cancel_surely(self.task)

    def _end(self) -> bool:
        if self.ended:
            return False
        self.ended = True
        self._socket.operations.pop(self.id, None)
        if self.subscription is not None:
            self.subscription.leave()
        return True


class GraphQLSocket:
    """One connection, from its handshake to its end."""

    def __init__(self, gateway: Gateway, scope: Scope, receive: Receive, send: Send) -> None:
        self._gateway = gateway
        self._settings = gateway.settings
        self._receive = receive
        self._send = send
        self._websocket = WebSocket(scope, receive, send)
        self._direct = scope.get("extensions", {}).get(DIRECT)
        self._init_received = False
        self._acknowledged = False
        self._caller: Any = None
        self._timers: list[asyncio.TimerHandle] = []
        self._cleanup: list[Callable[[], None]] = []
        self._give_place_back: Callable[[], None]
        self._closing: asyncio.Task[None] | None = None
        self._answering = asyncio.Semaphore(ANSWERS_AT_ONCE)
        self.operations: dict[str, SocketOperation] = {}
        self.outbox: Outbox

    async def run(self) -> None:
        """Serve the connection until it ends; leaves nothing behind."""
        message = await self._receive()
        assert message["type"] == "websocket.connect"
        if not self._gateway.origins.allows_socket(self._websocket.headers):
            await self._gateway.origins.refuse_socket(self._websocket.scope, self._send)
            return
        offered = self._websocket.scope.get("subprotocols", [])
        if messages.SUBPROTOCOL not in offered:
            await self._send({"type": "websocket.accept"})
            await self._send(_close(CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, "Subprotocol not acceptable"))
            return
        await self._send({"type": "websocket.accept", "subprotocol": messages.SUBPROTOCOL})
        # Until it says who it is, it counts with all that come from its address and have not said so either.
        leave = self._gateway.sockets.enter(Unauthenticated(ANONYMOUS_REASON), self._websocket)
        if leave is None:
            await self._send(_close(CloseCode.TOO_MANY_SOCKETS, "Too many sockets of one address"))
            return
        self._give_place_back = leave
        async with contextlib.AsyncExitStack() as stack:
            self.outbox = Outbox(
                self._open_wire(stack),
                grace_seconds=self._settings.slow_reader_seconds,
                on_stalled=lambda: self.close(CloseCode.TOO_SLOW, "The connection takes nothing any more"),
            )
            stack.callback(self._leave)
            self._later(self._settings.connection_init_timeout_seconds, self._init_missing)
            await self._serve()

    def _open_wire(self, stack: contextlib.AsyncExitStack) -> Wire:
        if self._direct is not None:
            return DirectWire(self._direct)
        wire = AsgiWire(self._send, lambda text: {"type": "websocket.send", "text": text.decode()})
        stack.push_async_callback(wire.close)
        return wire

    async def _serve(self) -> None:
        while (message := await self._receive())["type"] != "websocket.disconnect":
            if self._closing is not None or self.outbox.closed:
                continue
            text = message.get("text")
            if text is None:
                self.close(CloseCode.BAD_REQUEST, "Messages are text")
                continue
            try:
                await self._handle(messages.read_message(text))
            except BadMessage as error:
                self.close(CloseCode.BAD_REQUEST, f"Invalid message: {error}")
            # A client that sends and does not read must not fill the memory with answers.
            await self.outbox.room()

    async def _handle(self, message: messages.ClientMessage) -> None:
        match message:
            case messages.ConnectionInit():
                await self._initialise(message.payload or {})
            case messages.Ping():
                self.outbox.put(messages.pong(message.payload))
            case messages.Pong():
                pass
            case messages.Subscribe():
                self._subscribe(message)
            case messages.Complete():
                if message.id in self.operations:
                    self.operations[message.id].cancel()

    async def _initialise(self, payload: dict[str, Any]) -> None:
        if self._init_received:
            return self.close(CloseCode.TOO_MANY_INITIALISATIONS, "Too many initialisation requests")
        self._init_received = True
        try:
            caller = await caller_of(payload, self._websocket, self._gateway)
        except NoEntry as refused:
            return self.close(refused.code, str(refused))
        if isinstance(caller, Actor):
            leave = self._gateway.sockets.enter(caller, self._websocket)
            if leave is None:
                return self.close(CloseCode.TOO_MANY_SOCKETS, "Too many sockets of one caller")
            self._give_place_back()
            self._give_place_back = leave
        self._caller = caller
        self._acknowledged = True
        self._cleanup.append(
            self._gateway.until_revoked(
                caller, lambda reason: self.close(CloseCode.FORBIDDEN, f"Forbidden: {reason}")
            )
        )
        if isinstance(caller, Actor) and caller.expires_at is not None:
            seconds = self._gateway.seconds_until(caller.expires_at)
            self._later(seconds, lambda: self.close(CloseCode.TOKEN_EXPIRED, "Token expired"))
        self.outbox.put(messages.ACK)
        return None

    def _subscribe(self, message: messages.Subscribe) -> None:
        if not self._acknowledged:
            return self.close(CloseCode.UNAUTHORIZED, "Unauthorized")
        if message.id in self.operations:
            reason = f"Subscriber for {message.id} already exists"
            return self.close(CloseCode.SUBSCRIBER_EXISTS, reason)
        operation = SocketOperation(self, message.id)
        limit = self._settings.socket_operations_limit
        if len(self.operations) >= limit:
            text = f"{limit} operations run on this socket; at most {limit} are allowed at once."
            error = GraphQLError(text, extensions={"code": "LIMIT_EXCEEDED"})
            return operation.refused(refusal([error], ""))
        self.operations[message.id] = operation
        # Work of its own even where it will be a shared stream: what is being prepared may wait.
        operation.task = asyncio.create_task(self._start(operation, message.payload), name="socket operation")
        return None

    async def _start(self, running: SocketOperation, payload: messages.OperationPayload) -> None:
        context = self._gateway.context(self._websocket, self._caller)
        try:
            operation = await self._gateway.admit(payload.request(), context)
            await self._run(running, operation, context)
        except RequestError as error:
            running.refused(refusal(error.errors, context.request_id))
        except Exception as error:
            running.refused(failure(error, context))

    async def _run(self, running: SocketOperation, operation: Operation, context: Context) -> None:
        if running.ended:
            return None
        if operation.kind is OperationType.SUBSCRIPTION:
            running.task = None
            running.subscription = self._gateway.subscriptions.subscribe(operation, context, running)
            if running.ended:  # it was told so before it had this
                running.subscription.leave()
            return None
        # A client that asks and does not read holds a few answers at the most.
        async with self._answering:
            await running.room()
            answer = await self._gateway.engine.execute(operation, context)
            await running.room()
            if not answer.executed:
                return running.refused(answer)
            running.append(answer.encode())
            return running.complete()

    def close(self, code: int, reason: str) -> None:
        """Close the socket, whether its reader takes the close frame or not; the receiving loop ends then."""
        if self._closing is not None or self.outbox.closed:
            return
        self.outbox.close()
        shown = reason.encode()[:REASON_BYTES].decode(errors="ignore")
        if self._direct is not None:
            self._direct.close_with(code, shown)
        else:
            self._closing = asyncio.create_task(self._close_by_asgi(code, shown))

    async def _close_by_asgi(self, code: int, reason: str) -> None:
        with contextlib.suppress(Exception):
            await self._send(_close(code, reason))

    def _init_missing(self) -> None:
        if not self._init_received:
            self.close(CloseCode.INITIALISATION_TIMEOUT, "Connection initialisation timeout")

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._timers.append(asyncio.get_running_loop().call_later(seconds, call))

    def _leave(self) -> None:
        """Let go of everything: operations, timers, the place among the caller's sockets."""
        self.outbox.close()
        for operation in list(self.operations.values()):
            operation.cancel()
        for timer in self._timers:
            timer.cancel()
        for clean in self._cleanup:
            clean()
        self._give_place_back()


def _close(code: int, reason: str) -> Message:
    return {"type": "websocket.close", "code": code, "reason": reason}
