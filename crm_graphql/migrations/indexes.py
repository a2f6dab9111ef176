"""Indexes as the documents declare them, and as a database has them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache

from bson import json_util
from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError, OperationFailure

from crm_graphql.migrations.plan import Database
from crm_graphql.mongo.documents import all_documents

_OTHER_DEFINITION = frozenset({85, 86})
"""IndexOptionsConflict, IndexKeySpecsConflict."""


class CannotMigrate(Exception):
    """A step cannot be made as the data are; the message says why and what to do."""


@cache
def declared_indexes() -> Mapping[str, Sequence[IndexModel]]:
    """The indexes of each collection, in the order of their declaration."""
    return {
        document.Settings.name: tuple(document.Settings.indexes)
        for document in all_documents()
        if getattr(document.Settings, "indexes", ())
    }


@cache
def fingerprint() -> str:
    """A short text that changes with any declared index."""
    declared = {
        collection: sorted(json_util.dumps(index.document, sort_keys=False) for index in indexes)
        for collection, indexes in sorted(declared_indexes().items())
    }
    return hashlib.sha256(json_util.dumps(declared).encode()).hexdigest()[:16]


async def indexes_of(database: Database, collection: str) -> frozenset[str]:
    """The names of the indexes that the collection has; none where there is no collection."""
    return frozenset(await database[collection].index_information())


async def create_indexes(database: Database, collection: str, indexes: Sequence[IndexModel]) -> None:
    """Create them; those that are there, or are being built, are waited for. Raises CannotMigrate."""
    try:
        await database[collection].create_indexes(list(indexes))
    except DuplicateKeyError as error:
        raise CannotMigrate(
            f"{collection} holds two documents with the same value, and an index allows one: "
            f"{str(error)[:300]}. Decide which of them stays, and run `crm migrate` again."
        ) from error
    except OperationFailure as error:
        if error.code not in _OTHER_DEFINITION:
            raise
        raise CannotMigrate(
            f"{collection} has another index of this name or these keys: {str(error)[:300]}. Drop it, and "
            "run `crm migrate` again."
        ) from error
