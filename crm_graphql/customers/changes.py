"""Changes of customers as they are kept: who changed which fields, from what to what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from bson import ObjectId
from pymongo import DESCENDING
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.audit.service import actor_id_of
from crm_graphql.core.actor import Actor
from crm_graphql.core.channels import ADDRESSES
from crm_graphql.custom_fields.definitions import PREFIX, key_of_slot
from crm_graphql.customers.documents import CustomerChange
from crm_graphql.customers.merged import under
from crm_graphql.customers.metadata import texts_of

TEXT_CHARACTERS = 200
TAGS = 20
_LOOKED_AT = 100


class Author(NamedTuple):
    """Who changes customers."""

    name: str
    id: str | None = None

    @classmethod
    def of(cls, actor: Actor) -> Author:
        """A caller."""
        return cls(actor.label, actor_id_of(actor))


BY_IMPORT = Author("import")


class Changed(Protocol):
    """A customer that was changed."""

    @property
    def customer(self) -> dict[str, Any]:
        """As it is now."""

    @property
    def before(self) -> dict[str, Any]:
        """Of each field that people edit and that has changed: what it was."""


async def write_merge(
    draft: Changed, other: Mapping[str, Any], author: Author, now: datetime, session: AsyncClientSession
) -> None:
    """Note that another became part of the customer, with what that changed, in the session's transaction."""
    row = {
        **_noted(draft, author, now),
        "changes": _changes(draft),
        "merged": {"customer_id": other["_id"], "external_id": other["external_id"]},
    }
    await CustomerChange.get_pymongo_collection().insert_one(row, session=session)


async def write_changes(
    drafts: Iterable[Changed], author: Author, now: datetime, session: AsyncClientSession
) -> None:
    """Note what has changed of the fields that people edit, in the session's transaction."""
    rows = [row for draft in drafts if (row := _change_of(draft, author, now)) is not None]
    if rows:
        await CustomerChange.get_pymongo_collection().insert_many(rows, ordered=False, session=session)


def _change_of(draft: Changed, author: Author, now: datetime) -> dict[str, Any] | None:
    changes = _changes(draft)
    return {**_noted(draft, author, now), "changes": changes} if changes else None


def _changes(draft: Changed) -> list[dict[str, Any]]:
    return [
        {"field": field, "before": _shown(before), "after": _shown(after)}
        for field, before, after in sorted(_differences(draft), key=itemgetter(0))
        if after != before
    ]


def _noted(draft: Changed, author: Author, now: datetime) -> dict[str, Any]:
    return {
        "customer_id": draft.customer["_id"],
        "at": now,
        "actor": author.name,
        "actor_id": author.id,
        "revision": draft.customer["revision"],
    }


def _differences(draft: Changed) -> Iterator[tuple[str, Any, Any]]:
    """Each field that may have changed, before and after; custom fields and metadata by their keys."""
    for field, before in draft.before.items():
        after = draft.customer[field]
        if field == "custom_fields":
            for slot in (before or {}).keys() | after.keys():
                yield f"{PREFIX}{key_of_slot(slot)}", (before or {}).get(slot), after.get(slot)
        elif field == "metadata":
            texts_before, texts_after = texts_of(before), texts_of(after)
            for key in texts_before.keys() | texts_after.keys():
                yield f"metadata.{key}", texts_before.get(key), texts_after.get(key)
        else:
            yield field, before, after


def _shown(value: Any) -> Any:
    """The value, cut where it is long: the history of a customer must not outgrow the customer."""
    if isinstance(value, list):
        return value[:TAGS]
    return value[:TEXT_CHARACTERS] if isinstance(value, str) else value


async def changed_since(
    customer: Mapping[str, Any], revision: int, *, session: AsyncClientSession | None = None
) -> Mapping[str, str]:
    """Which fields have changed since the revision, each with who did it last."""
    key: ObjectId = customer["_id"]
    rows = (
        CustomerChange.get_pymongo_collection()
        .find({"customer_id": key, "revision": {"$gt": revision}}, session=session)
        .sort([("at", DESCENDING), ("_id", DESCENDING)])
        .limit(_LOOKED_AT)
    )
    found: dict[str, str] = {}
    async for row in rows:
        for change in row["changes"]:
            found.setdefault(change["field"], row["actor"])
    return found


async def former_addresses(
    customer: Sequence[ObjectId], *, session: AsyncClientSession
) -> set[tuple[str, str]]:
    """The addresses that the customer with these keys once had, each with its field, as far as the last
    changes tell."""
    rows = (
        CustomerChange.get_pymongo_collection()
        .find({"customer_id": under(customer)}, {"changes": 1}, session=session)
        .sort([("at", DESCENDING), ("_id", DESCENDING)])
        .limit(_LOOKED_AT)
    )
    fields = {address.field for address in ADDRESSES}
    return {
        (change["field"], change["before"])
        async for row in rows
        for change in row["changes"]
        if change["field"] in fields and change["before"]
    }
