"""Words of files on addresses: what closes one for whoever has it, and which later yes opens it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.consents.addresses import compared, hash_key, hashed
from crm_graphql.consents.documents import Suppression, SuppressionReason
from crm_graphql.consents.suppress import NewSuppression, lift, store
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.customers.merged import found_under
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.customers.words import ConsentStatus, by_place

_UNSUBSCRIBED = SuppressionReason.UNSUBSCRIBED
_Place = tuple[Channel, str]


async def apply_address_words(records: Sequence[CustomerRecord], *, session: AsyncClientSession) -> None:
    """Close and open addresses as the records say, once they are applied, in the session's transaction.

    A bounce or a complaint closes for good, also what a no had closed. A no closes unless its customer said a
    yes later; a yes opens what a no had closed before it, where its customer said no no since. So neither an
    old file nor the same one again undoes a later word, and the order of arrival does not matter. Idempotent.
    """
    speaking = [record for record in records if record.address_words]
    if not speaking:
        return
    keys = list({record.external_id for record in speaking})
    fields = {"external_id": 1, "email": 1, "phone": 1, "consents": 1}
    customers = await found_under(keys, fields, session=session)
    closed: dict[_Place, NewSuppression] = {}
    opened: dict[_Place, datetime] = {}
    for record in speaking:
        customer = customers.get(record.external_id)
        if customer is None:
            # Somebody who was erased: what closed the address then, goes on closing it.
            continue
        for word in record.address_words:
            address = word.address or _held(customer, word.channel)
            if address is None:
                continue
            place, yes = (word.channel, address), _standing_yes(customer, word.channel)
            if word.closed_for is None:
                if yes is not None:
                    opened[place] = max(yes, opened.get(place, yes))
                continue
            reason = SuppressionReason(word.closed_for)
            if reason is not _UNSUBSCRIBED or yes is None or yes <= word.at:
                _close(closed, NewSuppression(word.channel, address, reason, word.at))
    await _store(list(closed.values()), session)
    await _open(opened, session)


def _held(customer: Mapping[str, Any], channel: Channel) -> str | None:
    """The customer's address on the channel as it is compared, if messages reach it."""
    address = TRAITS[channel].address
    value: str | None = customer[address.field]
    return compared(value) if value and address.is_usable(value) else None


def _standing_yes(customer: Mapping[str, Any], channel: Channel) -> datetime | None:
    """When the customer last said yes on the channel, if that is known, and there was no no since."""
    words = [word for place, word in by_place(customer).items() if place.channel is channel]
    yes = [word.at for word in words if word.is_dated and word.status is ConsentStatus.SUBSCRIBED]
    no = [word.at for word in words if word.status is ConsentStatus.UNSUBSCRIBED]
    return max(yes) if yes and (not no or max(yes) > max(no)) else None


def _close(closed: dict[_Place, NewSuppression], one: NewSuppression) -> None:
    """Of two closings of an address the one that lasts counts, then the earlier one."""
    known = closed.setdefault((one.channel, one.address), one)
    if (one.reason is _UNSUBSCRIBED, one.created_at) < (known.reason is _UNSUBSCRIBED, known.created_at):
        closed[one.channel, one.address] = one


async def _store(wanted: Sequence[NewSuppression], session: AsyncClientSession) -> None:
    await store(wanted, session=session)
    lasting = [one for one in wanted if one.reason is not _UNSUBSCRIBED]
    if not lasting:
        return
    key = await hash_key()
    await Suppression.get_pymongo_collection().bulk_write(
        [
            UpdateOne(
                {
                    "channel": one.channel.value,
                    "key": hashed(one.address, key),
                    "reason": _UNSUBSCRIBED.value,
                },
                {"$set": {"reason": one.reason.value}},
            )
            for one in lasting
        ],
        ordered=False,
        session=session,
    )


async def _open(opened: Mapping[_Place, datetime], session: AsyncClientSession) -> None:
    if not opened:
        return
    key = await hash_key()
    by_hash = {(channel, hashed(address, key)): yes for (channel, address), yes in opened.items()}
    suppressions = Suppression.get_pymongo_collection()
    for channel in {channel for channel, _ in opened}:
        hashes = [hash_ for on, hash_ in by_hash if on is channel]
        rows = suppressions.find(
            {"channel": channel.value, "key": {"$in": hashes}}, session=session, hint="key"
        )
        for row in await rows.to_list(None):
            yes = by_hash[channel, bytes(row["key"])]
            if row["reason"] == _UNSUBSCRIBED.value and row["created_at"] < yes:
                await suppressions.delete_one({"_id": row["_id"]}, session=session)
                await lift(row, session=session)
