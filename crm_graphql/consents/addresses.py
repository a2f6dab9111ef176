"""Addresses as suppressions compare them: read as imports read them, folded, hashed under a stored key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.consents.documents import Suppression
from crm_graphql.core.channels import EMAIL, TRAITS, Channel
from crm_graphql.core.emails import checked_address
from crm_graphql.core.phones import is_dialable, read_phone
from crm_graphql.mongo.stored_keys import hashed as hashed
from crm_graphql.mongo.stored_keys import stored_key


class NotAnAddress(ValueError):
    """The text is no address of the channel; the message follows it and says what to do."""


def compared(address: str) -> str:
    """An address of a customer as it is compared: case does not count."""
    return address.casefold()


def read_address(channel: Channel, text: str, default_country: str | None) -> str:
    """The address as it is compared, from how people write it. Raises NotAnAddress."""
    try:
        if TRAITS[channel].address is EMAIL:
            return compared(checked_address(text))
        phone = read_phone(text.strip(), default_country)
    except ValueError as error:
        raise NotAnAddress(str(error)) from None
    if not is_dialable(phone):
        raise NotAnAddress("names no country. Begin it with + and the country's code.")
    return phone


async def hash_key() -> bytes:
    """The key of this database's hashes."""
    return await stored_key("suppressions")


async def suppressed_on(
    addresses: Collection[str],
    *,
    channels: Iterable[Channel] = Channel,
    session: AsyncClientSession | None = None,
) -> Mapping[str, frozenset[Channel]]:
    """For each of customers' addresses that must not be written to: on which of the channels.

    From the index alone, and in no time where nothing is suppressed.
    """
    suppressions = Suppression.get_pymongo_collection()
    if not addresses or await suppressions.find_one({}, {"_id": 1}, session=session) is None:
        return {}
    key = await hash_key()
    by_hash: dict[bytes, list[str]] = {}
    for address in addresses:
        by_hash.setdefault(hashed(compared(address), key), []).append(address)
    rows = suppressions.find(
        {"channel": {"$in": [channel.value for channel in channels]}, "key": {"$in": list(by_hash)}},
        {"_id": 0, "channel": 1, "key": 1},
        session=session,
        hint="key",
    )
    found: dict[str, set[Channel]] = {}
    async for row in rows:
        for address in by_hash[bytes(row["key"])]:
            found.setdefault(address, set()).add(Channel(row["channel"]))
    return {address: frozenset(on) for address, on in found.items()}
