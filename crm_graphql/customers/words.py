"""Words: what a person said of a topic on a channel, and which of two words counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any, NamedTuple

from bson import ObjectId

from crm_graphql.core.channels import Channel


class ConsentStatus(Enum):
    """What was said."""

    PENDING = "PENDING"
    SUBSCRIBED = "SUBSCRIBED"
    UNSUBSCRIBED = "UNSUBSCRIBED"


_CAUTION = {ConsentStatus.SUBSCRIBED: 0, ConsentStatus.PENDING: 1, ConsentStatus.UNSUBSCRIBED: 2}
"""Of two words of one moment the more careful one counts."""

_NEVER = datetime.min.replace(tzinfo=UTC)


class Place(NamedTuple):
    """What a word is about. `slug` is the topic's, under which rules find it."""

    topic_id: ObjectId
    slug: str
    channel: Channel


class Word(NamedTuple):
    """What somebody said at `at`, and where it was heard.

    `is_dated` is false where nobody knows when it was said (a file without a column for it, taken as of the
    import): such a yes never undoes a no.
    """

    place: Place
    status: ConsentStatus
    at: datetime
    source: str
    is_dated: bool = True

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Word:
        """From a customer's document."""
        place = Place(stored["topic_id"], stored["slug"], Channel(stored["channel"]))
        return cls(place, ConsentStatus(stored["status"]), stored["at"], stored["source"], stored["is_dated"])

    def stored(self) -> dict[str, Any]:
        """As a customer's document holds it."""
        return {
            "topic_id": self.place.topic_id,
            "slug": self.place.slug,
            "channel": self.place.channel.value,
            "status": self.status.value,
            "at": self.at,
            "source": self.source,
            "is_dated": self.is_dated,
        }

    def counts_over(self, other: Word) -> bool:
        """Whether this word counts where `other` was heard too: the one that was said later, whichever came
        first. A total order, so that the order of arrival never matters."""
        return self._rank() > other._rank()

    def _rank(self) -> tuple[datetime, datetime, int, str, bool]:
        is_placed = self.is_dated or self.status is ConsentStatus.UNSUBSCRIBED
        return self.at if is_placed else _NEVER, self.at, _CAUTION[self.status], self.source, self.is_dated


def by_place(customer: Mapping[str, Any]) -> dict[Place, Word]:
    """The words that count of a customer's document."""
    return {word.place: word for word in map(Word.of, customer.get("consents") or ())}


def said(customer: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The same as rules find it: the status, in folded case, by the topic's slug and by channel."""
    found: dict[str, dict[str, str]] = {}
    for stored in customer.get("consents") or ():
        found.setdefault(stored["slug"], {})[stored["channel"]] = stored["status"].casefold()
    return found


def may_write(status: ConsentStatus | None, *, is_opt_out: bool) -> bool:
    """Whether a person with this word on a topic (None: nothing was said) may be written to about it."""
    if status is None:
        return is_opt_out
    return status is ConsentStatus.SUBSCRIBED
