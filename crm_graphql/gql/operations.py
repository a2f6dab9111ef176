"""Operations that callers ask for: parsed, validated and measured, each document once."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
    validate,
)


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a caller sent, in any transport."""

    query: str | None
    operation_name: str | None
    variables: dict[str, Any]
    extensions: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """What is to be run: checked, and known to be within the limits."""

    document: DocumentNode
    definition: OperationDefinitionNode
    kind: OperationType
    name: str | None
    cost: int
    variables: dict[str, Any]
    document_hash: str


class RequestError(Exception):
    """The request cannot be run; nothing of it was."""

    def __init__(self, errors: Sequence[GraphQLError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class Operations:
    """Prepares operations, with a cache of documents."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._documents: OrderedDict[str, DocumentNode] = OrderedDict()

    async def prepare(self, request: GraphQLRequest, *, introspection_allowed: bool) -> Operation:
        """The operation that the request names. Raises RequestError."""
        text = request.query
        if not text:
            raise RequestError([_mistake("A GraphQL request needs a query.")])
        document = self._documents.get(text)
        if document is None:
            try:
                document = parse(text)
            except GraphQLError as error:
                raise RequestError([error]) from None
            if errors := validate(self._schema, document):
                raise RequestError(errors)
            self._documents[text] = document
        definition = get_operation_ast(document, request.operation_name)
        if definition is None:
            raise RequestError([_mistake("The document has no such operation, or several: name one.")])
        return Operation(
            document,
            definition,
            definition.operation,
            request.operation_name,
            1,
            request.variables,
            hashlib.sha256(text.encode()).hexdigest(),
        )


def _mistake(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
