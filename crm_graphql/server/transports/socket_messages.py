"""The messages of graphql-transport-ws: what a client may send, and what the server answers.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

from typing import Any

import msgspec

from crm_graphql.server.operations.preparing import GraphQLRequest
from crm_graphql.server.transports.bodies import DEPTH_LIMIT, exact_number, is_too_deep

SUBPROTOCOL = "graphql-transport-ws"


class CloseCode:
    """Why a socket was closed: the protocol's own codes, and 4440 and above that are this server's."""

    SERVICE_RESTART = 1012
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITIALISATIONS = 4429
    TOKEN_EXPIRED = 4440
    TOO_MANY_SOCKETS = 4441
    TOO_SLOW = 4442


class BadMessage(Exception):
    """The client sent something that is no message of the protocol."""


class ConnectionInit(msgspec.Struct, tag="connection_init"):
    """Who asks: `payload` may hold `Authorization`."""

    payload: dict[str, Any] | None = None


class Ping(msgspec.Struct, tag="ping"):
    """Asks whether the other side is there."""

    payload: dict[str, Any] | None = None


class Pong(msgspec.Struct, tag="pong"):
    """The answer to a ping, or a sign of life."""

    payload: dict[str, Any] | None = None


class OperationPayload(msgspec.Struct, rename="camel"):
    """A GraphQL request."""

    query: str | None = None
    operation_name: str | None = None
    variables: dict[str, Any] | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None

    @property
    def names_a_document(self) -> bool:
        """Whether it says what to run: by its text, or by a name alone."""
        named = self.document_id is not None or "persistedQuery" in (self.extensions or {})
        return self.query is not None or named

    def request(self) -> GraphQLRequest:
        """The request as every transport hands it on."""
        return GraphQLRequest(
            self.query,
            self.operation_name,
            self.variables or {},
            self.extensions or {},
            self.document_id,
        )


class Subscribe(msgspec.Struct, tag="subscribe"):
    """Starts an operation of any kind under an id of the client's choice."""

    id: str
    payload: OperationPayload


class Complete(msgspec.Struct, tag="complete"):
    """Ends an operation."""

    id: str


ClientMessage = ConnectionInit | Ping | Pong | Subscribe | Complete

# A number with a point stays exact: money must not become a binary float.
_DECODER = msgspec.json.Decoder(ClientMessage, float_hook=exact_number)
_ENCODER = msgspec.json.Encoder(decimal_format="string")

ACK = b'{"type":"connection_ack"}'


def read_message(text: str) -> ClientMessage:
    """The message. Raises BadMessage, saying what is wrong with it."""
    try:
        message: ClientMessage = _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise BadMessage(str(error)) from None
    if text.count("{") + text.count("[") > DEPTH_LIMIT and is_too_deep(msgspec.to_builtins(message)):
        raise BadMessage(f"nested more than {DEPTH_LIMIT} levels deep")
    if isinstance(message, Subscribe | Complete) and not message.id:
        raise BadMessage("id is empty")
    if isinstance(message, Subscribe) and not message.payload.names_a_document:
        raise BadMessage("Object missing required field `query` - at `$.payload`")
    return message


def pong(payload: dict[str, Any] | None) -> bytes:
    """The answer to a ping with this payload."""
    return _ENCODER.encode({"type": "pong", "payload": payload} if payload is not None else {"type": "pong"})


def next_prefix(operation_id: str) -> bytes:
    """What comes before the payload in a `next` message; after it comes one brace."""
    return b'{"id":' + _ENCODER.encode(operation_id) + b',"type":"next","payload":'


def error(operation_id: str, errors: object) -> bytes:
    """Ends an operation with GraphQL errors."""
    return _ENCODER.encode({"id": operation_id, "type": "error", "payload": errors})


def complete(operation_id: str) -> bytes:
    """Ends an operation."""
    return _ENCODER.encode({"id": operation_id, "type": "complete"})
