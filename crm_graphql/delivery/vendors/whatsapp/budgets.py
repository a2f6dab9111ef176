"""Budgets of a call: what must not be sent yet is told before Meta is asked, over all processes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from crm_graphql.delivery.vendors.port import Outcome, OutgoingMessage
from crm_graphql.delivery.vendors.whatsapp.outcomes import kept_back, without_window
from crm_graphql.mongo.leases import database_now
from crm_graphql.whatsapp.addresses import person_keys
from crm_graphql.whatsapp.pairs import give_pairs_back, reserve_pairs
from crm_graphql.whatsapp.portfolio import Portfolio, give_places_back
from crm_graphql.whatsapp.queries import Window, windows_of

_UNKNOWN = Window(is_open=False, rests_until=None)
_TWICE = "Another message to this person is in the same call."
_RESTING = "WhatsApp lets no more marketing through to this person for a day."
_PAIR = "This person was sent several messages just now."
_PORTFOLIO = "As many people as the account may reach in 24 hours have been reached."


class Budgets:
    """What one call reserves. Reserve first, then give back what was not sent."""

    def __init__(self, portfolio: Portfolio) -> None:
        self._portfolio = portfolio
        self._people: dict[str, bytes] = {}
        """By the keys of messages that are to be sent."""

    async def reserve(self, messages: Sequence[OutgoingMessage]) -> Mapping[str, Outcome]:
        """Reserve for the messages; the outcomes of those that are not to be sent now, by their keys."""
        now = await database_now()
        known = await windows_of([message.address for message in messages], now)
        kept: dict[str, Outcome] = {}
        by_person: dict[bytes, OutgoingMessage] = {}
        people = await person_keys([message.address for message in messages])
        for message, person in zip(messages, people, strict=True):
            window = known.get(message.address, _UNKNOWN)
            if message.whatsapp is None and not window.is_open:
                kept[message.key] = without_window(message.key)
            elif message.whatsapp is not None and window.rests_until is not None:
                kept[message.key] = kept_back(message.key, window.rests_until, now, _RESTING)
            elif person in by_person:
                kept[message.key] = kept_back(message.key, now, now, _TWICE)
            else:
                by_person[person] = message
        wanted = {person: message.key for person, message in by_person.items()}
        self._people = {key: person for person, key in wanted.items()}
        late = await reserve_pairs(wanted)
        kept |= {wanted[one]: kept_back(wanted[one], until, now, _PAIR) for one, until in late.items()}
        # The scarcest last.
        outside = {
            person: key
            for person, key in wanted.items()
            if person not in late and not known.get(by_person[person].address, _UNKNOWN).is_open
        }
        full = await self._portfolio.reserve(outside)
        kept |= {wanted[one]: kept_back(wanted[one], until, now, _PORTFOLIO) for one, until in full.items()}
        for key in kept:
            self._people.pop(key, None)
        await give_pairs_back({person: wanted[person] for person in full})
        return kept

    async def give_back(self, keys: Collection[str]) -> None:
        """Give back what was reserved for messages that were surely not sent."""
        taken = {self._people[key]: key for key in keys if key in self._people}
        await give_pairs_back(taken)
        await give_places_back(taken)
