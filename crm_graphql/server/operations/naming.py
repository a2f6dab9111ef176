"""Names of documents: what a request calls the document that it wants run, in the conventions of clients.

Two places hold one: `documentId` (the persisted documents of GraphQL over HTTP, Relay), and
`extensions.persistedQuery.sha256Hash` (Apollo, urql), which clients also fill with the ids of a build tool. A
name is the SHA-256 of the text (64 hexadecimal digits, `sha256:` before them or not), its SHA-1 (40), or
whatever the tool that wrote the list of a deployment chose.
"""

from __future__ import annotations

import hashlib
import re

from crm_graphql.server.operations.checking import document_hash
from crm_graphql.server.operations.preparing import GraphQLRequest
from crm_graphql.server.refusals import Refusal, RequestError

_SHA256 = re.compile("[0-9a-f]{64}")
_SHA1 = re.compile("[0-9a-f]{40}")
_PREFIX = "sha256:"
_SHOWN_CHARACTERS = 100


def is_named(request: GraphQLRequest) -> bool:
    """Whether the request names a document at all."""
    return request.document_id is not None or "persistedQuery" in request.extensions


def name_of(request: GraphQLRequest) -> str | None:
    """The name in its normal form; None where there is none, or one of another shape."""
    if request.document_id is not None:
        return normal(request.document_id)
    extension = request.extensions.get("persistedQuery")
    name = extension.get("sha256Hash") if isinstance(extension, dict) else None
    return normal(name) if isinstance(name, str) else None


def hash_of(request: GraphQLRequest) -> str | None:
    """The name, where it is a hash; None for no name, or for a `documentId` that is none.

    Raises RequestError for an extension of another shape.
    """
    name = name_of(request)
    if name is not None and (_SHA256.fullmatch(name) or _SHA1.fullmatch(name)):
        if request.document_id is not None or _is_version_1(request.extensions["persistedQuery"]):
            return name
    elif request.document_id is not None or "persistedQuery" not in request.extensions:
        return None
    raise RequestError.of(
        Refusal.REQUEST,
        '`extensions.persistedQuery` must be {"version": 1, "sha256Hash": "64 hexadecimal digits"}; ids of '
        "other kinds are known where CRM_TRUSTED_DOCUMENTS lists them.",
        "BAD_USER_INPUT",
    )


def normal(name: str) -> str:
    """One form for all spellings of a hash; any other name as it stands."""
    bare = name.removeprefix(_PREFIX).lower()
    return bare if _SHA256.fullmatch(bare) or _SHA1.fullmatch(bare) else name


def belongs_to(name: str, text: str) -> bool:
    """Whether the hash is that of the text in UTF-8."""
    if _SHA256.fullmatch(name):
        return document_hash(text) == name
    # For what a build tool calls its documents. Who can make two texts of one SHA-1 has written both.
    return hashlib.sha1(text.encode(errors="replace"), usedforsecurity=False).hexdigest() == name


def claims_text(request: GraphQLRequest) -> bool:
    """Whether its text must have the hash that it names, by the rules of automatic persisted queries.

    Build tools hash a text before their clients print it anew, and mark the hash as theirs: `sha256:`, a
    SHA-1, or a `documentId`. Such a text runs, and is not kept when the hash is another.
    """
    extension = request.extensions.get("persistedQuery")
    name = extension.get("sha256Hash") if isinstance(extension, dict) else None
    return isinstance(name, str) and _SHA256.fullmatch(name.lower()) is not None


def shown(name: str | None) -> str:
    """The name as an error shows it."""
    return f'"{name[:_SHOWN_CHARACTERS]}"' if name is not None else "what the request names"


def _is_version_1(extension: object) -> bool:
    version = extension.get("version") if isinstance(extension, dict) else None
    return type(version) is int and version == 1
