"""Consent in columns: a cell's word as what it says, and the words of a row on all channels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import UNSET

from crm_graphql.core.channels import Channel
from crm_graphql.imports.cells import Column, Refused, is_given
from crm_graphql.imports.fields import folded
from crm_graphql.imports.tables import Cells
from crm_graphql.imports.words import FileStatus, FileWord

_WORDS: Mapping[FileStatus, str] = {
    FileStatus.SUBSCRIBED: (
        "yes y true t 1 x on subscribed subscribe optedin optin agreed accepted granted confirmed given "
        "ja oui si"
    ),
    FileStatus.UNSUBSCRIBED: (
        "no n false f 0 off unsubscribed unsubscribe notsubscribed neversubscribed nonsubscribed optedout "
        "optout denied declined refused rejected revoked withdrawn userunsubscribed usersuppressed "
        "suppressed manuallysuppressed transactional nein non"
    ),
    FileStatus.PENDING: "pending unconfirmed notconfirmed invited awaitingconfirmation doubleoptinpending",
    FileStatus.BOUNCED: (
        "cleaned clean bounced bounce hardbounce hardbounced softbounced invalid invalidemail undeliverable"
    ),
    FileStatus.COMPLAINED: (
        "complained complaint complaints spam spamcomplaint spamreport markedasspam reportedspam abuse"
    ),
}
_STATUSES = {word: status for status, words in _WORDS.items() for word in words.split()}
_TELLING = frozenset(word for word in _STATUSES if "subscribed" in word or "opted" in word) | frozenset(
    {"cleaned", "bounced", "hardbounced", "complained", "unconfirmed", "pending"}
)
"""Words that are said of nothing but consent, or beside such."""
_STATUS = frozenset({"status", "state", "emailstatus", "memberstatus", "contactstatus", "subscriberstatus"})
_NOTHING = frozenset(
    {"", "no", "n", "false", "f", "0", "off", "none", "never", "nein", "non", "subscribed", "active"}
)
"""What a column of those who left says of who did not."""


def status_of(cell: Any) -> FileStatus | None:
    """What a cell of a column on consent says; None for what is no such word."""
    return _STATUSES.get(folded(str(cell)))


def status_column(headings: Sequence[str], samples: Sequence[Cells]) -> int | None:
    """The column "Status" of a list of subscribers, told from all others by its cells: who left must not come
    in as somebody who may be written to."""
    for place, heading in enumerate(headings):
        if folded(heading) in _STATUS and _speak_of_consent(
            row[place] for row in samples if place < len(row)
        ):
            return place
    return None


def _speak_of_consent(cells: Iterable[Any]) -> bool:
    """Whether cells say subscribed, unsubscribed, cleaned and the like, and nothing else."""
    given = {folded(str(cell)) for cell in cells if is_given(cell)}
    return bool(given) and given <= _TELLING


def left_by(cell: Any) -> FileStatus | None:
    """What a cell of a column of those who left says: yes, a date or a reason. None where it says nothing."""
    word = folded(str(cell)) if is_given(cell) and cell != [] else ""
    if word in _NOTHING:
        return None
    found = _STATUSES.get(word)
    if found is not None and found is not FileStatus.SUBSCRIBED:
        return found
    for part, status in (
        ("bounce", FileStatus.BOUNCED),
        ("invalid", FileStatus.BOUNCED),
        ("spam", FileStatus.COMPLAINED),
        ("complain", FileStatus.COMPLAINED),
    ):
        if part in word:
            return status
    return FileStatus.UNSUBSCRIBED


class ChannelWords:
    """Makes the words of one channel. `consent` is the heading of the column on it, for what is refused."""

    def __init__(self, channel: Channel, consent: str | None, whole_file: FileStatus | None) -> None:
        self.channel = channel
        self._consent = consent
        self._whole_file = whole_file

    def word(self, consent: Any, at: Any, left: Any) -> FileWord | Refused | None:
        """The word of one row; a no of any column counts before a yes. None where nothing is said."""
        if type(at) is Refused:
            return at
        status = self._whole_file
        if is_given(consent):
            status = status_of(consent)
            if status is None:
                message = (
                    "is no word on consent. Send yes, no, pending, cleaned or complained, or leave it empty."
                )
                return Refused(self._consent or "", message, consent)
        gone = left_by(left)
        if gone is not None and status in (None, FileStatus.SUBSCRIBED, FileStatus.PENDING):
            return FileWord(self.channel, gone)
        if status is None:
            return None
        return FileWord(self.channel, status, at if is_given(at) else None)


def words_of(words: Sequence[FileWord | Refused | None]) -> Any:
    """The words of a row on all channels: a list, the first that cannot be read, or UNSET for none."""
    for word in words:
        if type(word) is Refused:
            return word
    return [word for word in words if word is not None] or UNSET


def consents(given: Column, spoken: Sequence[Column]) -> Column:
    """The column of consents: a list that the record brings itself counts before words of columns."""
    said = [words_of(words) for words in zip(*spoken, strict=True)]
    return [
        one if is_given(one) and type(other) is not Refused else other
        for one, other in zip(given, said, strict=True)
    ]
