"""Documents that clients name by their SHA-256, and deployments that run a committed list alone.

Persisted operations follow the convention of Apollo and urql ("automatic persisted queries"): a request
carries `extensions.persistedQuery = {"version": 1, "sha256Hash": ...}`. A hash alone runs what is known by
it; an unknown one fails with PERSISTED_QUERY_NOT_FOUND, upon which the client sends hash and text together,
and both are known to every process of the deployment from then on. Only documents that passed all checks are
kept, only from callers with a token, up to a number; a caller whose document is not kept sends its text.
"""

from __future__ import annotations

import re
from typing import Protocol

import structlog
from cachetools import LRUCache

from crm_graphql.core.settings import Settings
from crm_graphql.mongo.persisted_documents import find_persisted, store_persisted
from crm_graphql.mongo.transient import is_transient
from crm_graphql.server.operations.checking import CheckedDocument, document_hash
from crm_graphql.server.operations.preparing import GraphQLRequest, missing_query
from crm_graphql.server.refusals import Refusal, RequestError

log = structlog.get_logger()

NEAR_BYTES = 16 * 1024**2
"""Texts that a process keeps beside MongoDB."""

_HASH = re.compile("[0-9a-f]{64}")


class Store(Protocol):
    """Where texts are kept for all processes."""

    async def find(self, key: str) -> str | None:
        """The text known by this hash."""

    async def keep(self, key: str, text: str) -> bool:
        """Make the text known by its hash. Whether it is, by the end."""


class MongoStore:
    """Texts in MongoDB, for as long as somebody asks for them."""

    def __init__(self, settings: Settings) -> None:
        self._days = settings.persisted_document_days
        self._limit = settings.persisted_documents_limit

    async def find(self, key: str) -> str | None:
        """The text known by this hash."""
        return await find_persisted(key, self._days)

    async def keep(self, key: str, text: str) -> bool:
        """Make the text known by its hash, up to the deployment's number of texts."""
        return await store_persisted(key, text, self._days, self._limit)


class PersistedDocuments:
    """Texts by hash; a request may bring its own text as well. Without MongoDB only what is near is known."""

    def __init__(self, store: Store, near_bytes: int = NEAR_BYTES) -> None:
        self._store = store
        self._near: LRUCache[str, str] = LRUCache(near_bytes, getsizeof=len)

    async def text_of(self, request: GraphQLRequest) -> str:
        """The request's text, checked against its hash, or the one known by the hash. Raises RequestError."""
        key = persisted_hash(request)
        if request.query:
            if key is not None and document_hash(request.query) != key:
                raise RequestError.of(
                    Refusal.PERSISTED,
                    "`sha256Hash` is not the SHA-256 of `query` in UTF-8.",
                    "BAD_USER_INPUT",
                )
            return request.query
        if key is None:
            raise missing_query()
        text = self._near.get(key)
        if text is not None:
            return text
        text = await self._find(key)
        if text is None:
            # Clients look for this very message.
            raise RequestError.of(Refusal.PERSISTED, "PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        self._remember(key, text)
        return text

    async def checked(
        self, request: GraphQLRequest, document: CheckedDocument, *, known_caller: bool
    ) -> None:
        """Keep a document that came with its hash, from a caller with a token."""
        if not known_caller or not request.query or "persistedQuery" not in request.extensions:
            return
        key = document.document_hash
        if key in self._near:
            return
        try:
            kept = await self._store.keep(key, request.query)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("a persisted document could not be stored", error=repr(error))
            return
        if kept:
            self._remember(key, request.query)
        else:
            log.warning("no more persisted documents are kept", setting="CRM_PERSISTED_DOCUMENTS_LIMIT")

    async def _find(self, key: str) -> str | None:
        try:
            return await self._store.find(key)
        except Exception as error:
            if not is_transient(error):
                raise
            # "Not found" makes the client send the text, which needs no MongoDB.
            log.warning("persisted documents cannot be read", error=repr(error))
            return None

    def _remember(self, key: str, text: str) -> None:
        if len(text) <= self._near.maxsize:
            self._near[key] = text


def persisted_hash(request: GraphQLRequest) -> str | None:
    """The hash in the request's extensions. Raises RequestError for an extension of another shape."""
    if "persistedQuery" not in request.extensions:
        return None
    extension = request.extensions["persistedQuery"]
    if isinstance(extension, dict) and type(extension.get("version")) is int and extension["version"] == 1:
        key = extension.get("sha256Hash")
        if isinstance(key, str) and _HASH.fullmatch(key.lower()):
            return key.lower()
    raise RequestError.of(
        Refusal.REQUEST,
        '`extensions.persistedQuery` must be {"version": 1, "sha256Hash": "64 hexadecimal digits"}.',
        "BAD_USER_INPUT",
    )
