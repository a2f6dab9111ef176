"""Words of a file's columns: what they say of a customer on a topic, and of the address itself."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_graphql.consents.addresses import compared
from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.core.channels import TRAITS
from crm_graphql.customers.records import AddressWord, SaidWord
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.imports.words import FileStatus, FileWord
from crm_graphql.ingestion.said import SOURCE, TopicName
from crm_graphql.ingestion.values import BadPart, BadValue, moment

DEFAULT_TOPIC = "Marketing"

_SAID = {
    FileStatus.SUBSCRIBED: ConsentStatus.SUBSCRIBED,
    FileStatus.UNSUBSCRIBED: ConsentStatus.UNSUBSCRIBED,
    FileStatus.PENDING: ConsentStatus.PENDING,
}
_CLOSED_FOR = {
    FileStatus.UNSUBSCRIBED: SuppressionReason.UNSUBSCRIBED,
    FileStatus.BOUNCED: SuppressionReason.BOUNCED,
    FileStatus.COMPLAINED: SuppressionReason.COMPLAINED,
}


class TopicNeeded(Exception):
    """A row speaks of a topic that is to be made: do so, note it by its name in folded case, check again."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class FileWords:
    """Reads the words of files. `topics` are those that there are, by their names in folded case; `topic` is
    the name of the one that columns speak of. `begun_at` stands for what is undated."""

    topics: MutableMapping[str, TopicName]
    topic: str
    begun_at: datetime
    latest: datetime

    def read(
        self, words: Sequence[FileWord], changes: Mapping[str, Any]
    ) -> tuple[tuple[SaidWord, ...], tuple[AddressWord, ...]]:
        """The words on topics, and those on the addresses in `changes`, the record's fields.

        Raises BadPart: a record whose words cannot be kept is refused whole; and TopicNeeded.
        """
        said: list[SaidWord] = []
        on_addresses: list[AddressWord] = []
        for word in words:
            at, is_dated = self._moment(word)
            if status := _SAID.get(word.status):
                topic = self._topic(word)
                said.append(SaidWord(topic.id, topic.slug, word.channel, status, at, SOURCE, is_dated))
            reason = _CLOSED_FOR.get(word.status)
            is_dated_yes = is_dated and word.status is FileStatus.SUBSCRIBED
            if reason is not None or is_dated_yes:
                closed_for = None if reason is None else reason.value
                on_addresses.append(AddressWord(word.channel, _address(word, changes), closed_for, at))
        return tuple(said), tuple(on_addresses)

    def _moment(self, word: FileWord) -> tuple[datetime, bool]:
        if word.at is None or word.at == "":
            return self.begun_at, False
        try:
            return moment(word.at, self.latest), True
        except BadValue as error:
            raise BadPart(str(error), f"{word.channel.value.lower()}_consent_at", word.at) from None

    def _topic(self, word: FileWord) -> TopicName:
        name = (word.topic or "").strip() or self.topic
        topic = self.topics.get(name.casefold())
        if topic is None:
            raise TopicNeeded(name)
        return topic


def _address(word: FileWord, changes: Mapping[str, Any]) -> str | None:
    """The record's own address on the word's channel as it is compared, if messages reach it."""
    address = TRAITS[word.channel].address
    value = changes.get(address.field)
    return compared(value) if value and address.is_usable(value) else None
