"""The operations that clients ask for: found by text or hash, checked once, priced for each request."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from cachetools import LRUCache
from graphql import DocumentNode, GraphQLSchema, OperationDefinitionNode, OperationType

from crm_graphql.core.settings import Settings
from crm_graphql.server.operations.checking import CheckedDocument, CheckedOperation, check_document
from crm_graphql.server.refusals import Refusal, RequestError, over_limit

TOKEN_BYTES = 500
"""Memory of a parsed and priced document for each token: 360 measured, with room."""
ANONYMOUS_SHARE = 16
"""Documents of callers without a token have this part of the cache for themselves, and no more."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client sends, by whichever transport. `variables` are as they came, not yet checked.

    `document_id` names a document that is known here, in place of its text: see `naming`.
    """

    query: str | None
    operation_name: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)
    extensions: dict[str, Any] = field(default_factory=dict)
    document_id: str | None = None

    @classmethod
    def of(cls, payload: object) -> GraphQLRequest:
        """The request in a decoded JSON body or frame. Raises RequestError that names the key at fault."""
        if not isinstance(payload, dict):
            raise _misshapen("A GraphQL request is a JSON object with a query.")
        query = payload.get("query")
        document_id = payload.get("documentId")
        name = payload.get("operationName")
        variables = payload.get("variables")
        extensions = payload.get("extensions")
        if query is not None and not isinstance(query, str):
            raise _misshapen("`query` must be a text.")
        if document_id is not None and not isinstance(document_id, str):
            raise _misshapen("`documentId` must be a text.")
        if name is not None and not isinstance(name, str):
            raise _misshapen("`operationName` must be a text.")
        if variables is not None and not isinstance(variables, dict):
            raise _misshapen("`variables` must be an object.")
        if extensions is not None and not isinstance(extensions, dict):
            raise _misshapen("`extensions` must be an object.")
        return cls(query or None, name or None, variables or {}, extensions or {}, document_id or None)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, ready to run. Only its variables are still to be checked, by the executor."""

    document: DocumentNode
    definition: OperationDefinitionNode
    kind: OperationType
    name: str | None
    cost: int
    variables: dict[str, Any]
    document_hash: str
    """SHA-256 of the document's text: with `name` and `variables` it says what is asked."""
    introspects: bool


class Documents(Protocol):
    """Where the texts of requests come from, and which may run."""

    async def text_of(self, request: GraphQLRequest) -> str:
        """The document's text. Raises RequestError when there is none, or when it may not run."""

    async def checked(
        self, request: GraphQLRequest, document: CheckedDocument, *, known_caller: bool
    ) -> None:
        """Called when the document has passed all checks, before each run."""


class OwnDocuments:
    """Each request brings its own text, and nothing is kept."""

    async def text_of(self, request: GraphQLRequest) -> str:
        """The text in the request."""
        if not request.query:
            raise missing_query()
        return request.query

    async def checked(
        self, request: GraphQLRequest, document: CheckedDocument, *, known_caller: bool
    ) -> None:
        """Nothing to do."""


class Operations:
    """The operations of one schema; one object an API process."""

    def __init__(self, schema: GraphQLSchema, settings: Settings, documents: Documents | None = None) -> None:
        self._schema = schema
        self._settings = settings
        self._documents: Documents = documents or OwnDocuments()
        size = settings.document_cache_bytes
        self._known = DocumentCache(size - size // ANONYMOUS_SHARE)
        self._anonymous = DocumentCache(size // ANONYMOUS_SHARE)

    async def prepare(
        self, request: GraphQLRequest, *, introspection_allowed: bool, known_caller: bool = False
    ) -> Operation:
        """The operation that the request asks for, with its cost.

        Raises RequestError, and nothing else, for all that can be known without looking at the variables.
        Without `introspection_allowed` the schema stays hidden: no introspection, no suggestions in errors.
        What callers who are not known (by a token) send is kept apart: it pushes out nothing of the others.
        """
        text = await self._documents.text_of(request)
        document = self._known.get(text) or self._anonymous.get(text)
        if document is None:
            document = check_document(text, self._schema, self._settings, suggestions=introspection_allowed)
            (self._known if known_caller else self._anonymous).put(text, document)
        operation = _chosen(document, request.operation_name)
        if operation.introspects and not introspection_allowed:
            raise RequestError.of(
                Refusal.INTROSPECTION,
                "Reading the schema (__schema, __type) needs a token here. `crm token` makes one.",
                "UNAUTHENTICATED",
            )
        cost = self._price(operation, request.variables)
        await self._documents.checked(request, document, known_caller=known_caller)
        definition = operation.definition
        return Operation(
            document=document.node,
            definition=definition,
            kind=definition.operation,
            name=definition.name.value if definition.name else None,
            cost=cost,
            variables=request.variables,
            document_hash=document.document_hash,
            introspects=operation.introspects,
        )

    def _price(self, operation: CheckedOperation, variables: Mapping[str, Any]) -> int:
        cost = operation.cost.of(variables)
        limit = self._settings.query_cost
        if cost > limit:
            finding = f"The operation costs {cost}, about the number of fields in its largest answer"
            advice = "Ask for smaller pages, or for the inner lists in a request of their own."
            raise over_limit(finding, cost, limit, "query_cost", advice)
        return cost


class DocumentCache(LRUCache[str, CheckedDocument]):
    """Checked documents by their text, the least recently used forgotten first. Bounded by memory."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(limit_bytes, getsizeof=_size)

    def put(self, text: str, document: CheckedDocument) -> None:
        """Keep the document, and forget others for it. One that is larger than the cache is not kept."""
        with contextlib.suppress(ValueError):
            self[text] = document


def _size(document: CheckedDocument) -> int:
    # A text of Python takes up to four bytes a character, and the syntax tree refers to its parts.
    return document.characters * 4 + document.tokens * TOKEN_BYTES


def _chosen(document: CheckedDocument, name: str | None) -> CheckedOperation:
    operations = document.operations
    if name is None and len(operations) == 1:
        return next(iter(operations.values()))
    if name is not None and name in operations:
        return operations[name]
    message = (
        "The document has several operations: say which one in `operationName`."
        if name is None
        else f'The document has no operation "{name[:100]}".'
    )
    raise RequestError.of(Refusal.OPERATION, message, "BAD_USER_INPUT")


def missing_query() -> RequestError:
    """The refusal of a request that says in no way what to run."""
    return _misshapen("A GraphQL request needs a `query`, or the `documentId` of one that is known here.")


def _misshapen(message: str) -> RequestError:
    return RequestError.of(Refusal.REQUEST, message, "BAD_USER_INPUT")
