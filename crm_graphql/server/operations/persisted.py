"""Documents that clients name by their hash, where each client may bring its own.

Persisted operations follow the convention of Apollo and urql ("automatic persisted queries"): a hash alone
runs what is known by it; an unknown one fails with PERSISTED_QUERY_NOT_FOUND, upon which the client sends
hash and text together, and both are known to every process of the deployment from then on. Only documents
that passed all checks are kept, and only from callers with a token, up to a number; those of others (a page
that signs in) are known to one process for a while. A caller whose document is not kept sends its text.
"""

from __future__ import annotations

from typing import Protocol

import structlog
from cachetools import LRUCache

from crm_graphql.core.settings import Settings
from crm_graphql.mongo.persisted_documents import find_persisted, store_persisted
from crm_graphql.mongo.transient import is_transient
from crm_graphql.server.operations.checking import CheckedDocument
from crm_graphql.server.operations.naming import belongs_to, claims_text, hash_of, is_named, shown
from crm_graphql.server.operations.preparing import GraphQLRequest, missing_query
from crm_graphql.server.refusals import Refusal, RequestError

log = structlog.get_logger()

NEAR_BYTES = 16 * 1024**2
"""Texts that a process keeps beside MongoDB."""
STRANGERS_BYTES = 1024**2
"""Texts of callers without a token, who push out nothing but each other's."""


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
        self._strangers: LRUCache[str, str] = LRUCache(STRANGERS_BYTES, getsizeof=len)

    async def text_of(self, request: GraphQLRequest) -> str:
        """The request's text, checked against its hash, or the one known by the hash. Raises RequestError."""
        name = hash_of(request)
        if request.query:
            if name is not None and claims_text(request) and not belongs_to(name, request.query):
                raise RequestError.of(
                    Refusal.PERSISTED,
                    f"{shown(name)} is not the SHA-256 of `query` in UTF-8.",
                    "BAD_USER_INPUT",
                )
            return request.query
        if name is None:
            raise _unknown_id(request.document_id) if is_named(request) else missing_query()
        text = self._near.get(name) or self._strangers.get(name)
        if text is not None:
            return text
        text = await self._find(name)
        if text is None:
            # Clients look for this very message.
            raise RequestError.of(Refusal.PERSISTED, "PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        _remember(self._near, name, text)
        return text

    async def checked(
        self, request: GraphQLRequest, document: CheckedDocument, *, known_caller: bool
    ) -> None:
        """Keep a document that came with its hash: for all processes where its caller has a token."""
        name = hash_of(request) if request.query else None
        if name is None or not request.query or name in self._near or not belongs_to(name, request.query):
            return
        if not known_caller:
            _remember(self._strangers, name, request.query)
            return
        try:
            kept = await self._store.keep(name, request.query)
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("a persisted document could not be stored", error=repr(error))
            return
        if kept:
            _remember(self._near, name, request.query)
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


def _remember(texts: LRUCache[str, str], name: str, text: str) -> None:
    if len(text) <= texts.maxsize:
        texts[name] = text


def _unknown_id(document_id: str | None) -> RequestError:
    return RequestError.of(
        Refusal.PERSISTED,
        f"No document is known here as {shown(document_id)}. Ids are known where CRM_TRUSTED_DOCUMENTS names "
        "the file that your build wrote; without, a document is named by its SHA-256, once with its text.",
        "PERSISTED_QUERY_NOT_FOUND",
    )
