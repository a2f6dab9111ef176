"""The history of what customers said: every word that was heard, once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.customers.documents import ConsentWord
from crm_graphql.customers.words import Word


async def write_words(
    heard: Mapping[ObjectId, Sequence[Word]], now: datetime, session: AsyncClientSession
) -> None:
    """Add customers' words to their histories, in the session's transaction; one that is there stays so."""
    updates = [_added(customer_id, word, now) for customer_id, words in heard.items() for word in set(words)]
    if updates:
        await ConsentWord.get_pymongo_collection().bulk_write(updates, ordered=False, session=session)


def _added(customer_id: ObjectId, word: Word, now: datetime) -> UpdateOne:
    return UpdateOne(
        {
            "customer_id": customer_id,
            "topic_id": word.place.topic_id,
            "channel": word.place.channel.value,
            "at": word.at,
            "status": word.status.value,
            "source": word.source,
        },
        {"$setOnInsert": {"is_dated": word.is_dated, "heard_at": now}},
        upsert=True,
    )
