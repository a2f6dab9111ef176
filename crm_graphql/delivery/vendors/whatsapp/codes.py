"""Meta's error codes: what each says of a message that was not taken, or did not arrive."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class Refusal(Enum):
    """What a code is about: what is done depends on that alone."""

    LATER = "LATER"
    """Theirs, and it passes."""
    SLOWER = "SLOWER"
    """The number or the account is too fast: everybody waits."""
    PAIR = "PAIR"
    """Too many messages to this person just now."""
    REST = "REST"
    """Meta's own cap of marketing a person, or an experiment: no other try within 24 hours."""
    UNREACHABLE = "UNREACHABLE"
    """No WhatsApp there, or too old a client."""
    PERSON = "PERSON"
    """Nobody to write to: ourselves, or not on a test account's list."""
    OPTED_OUT = "OPTED_OUT"
    """They want no marketing of this business."""
    WINDOW = "WINDOW"
    """Free text, and no word from them in 24 hours."""
    CONTENT = "CONTENT"
    """This message."""
    TEMPLATE_VALUES = "TEMPLATE_VALUES"
    """The values of the template's parameters."""
    TEMPLATE = "TEMPLATE"
    """The template is missing, paused or disabled: nobody's message is taken."""
    ACCOUNT = "ACCOUNT"
    """Token, rights, payment, a block: nobody's message is taken."""


_BY_REFUSAL: Mapping[Refusal, tuple[int, ...]] = {
    Refusal.LATER: (1, 2, 131000, 131016, 131057, 133004, 135000),
    Refusal.SLOWER: (4, 17, 32, 613, 80007, 80008, 130429),
    Refusal.PAIR: (131056,),
    Refusal.REST: (130472, 131049),
    Refusal.UNREACHABLE: (131026,),
    Refusal.PERSON: (131021, 131030),
    Refusal.OPTED_OUT: (131050,),
    Refusal.WINDOW: (131047,),
    Refusal.CONTENT: (100, 131008, 131009, 131051, 131052, 131053),
    Refusal.TEMPLATE_VALUES: (132000, 132005, 132008, 132012, 132018),
    Refusal.TEMPLATE: (131063, 132001, 132007, 132015, 132016),
    Refusal.ACCOUNT: (
        *(0, 3, 10, 33, 190, 368, 130497, 131005, 131031, 131037, 131042, 131045, 131048, 131064),
        *(133006, 133010),
        *range(200, 300),
    ),
}
_REFUSALS = {code: refusal for refusal, codes in _BY_REFUSAL.items() for code in codes}


def refusal_of(code: int | None, status: int = 400) -> Refusal:
    """What a code says; without one, what the HTTP status does. An unknown one is about the message: where
    it is not, the same comes for all, and that is seen."""
    if code is None:
        if status in (401, 403, 404):
            return Refusal.ACCOUNT
        return Refusal.SLOWER if status == 429 else Refusal.CONTENT
    return _REFUSALS.get(code, Refusal.CONTENT)
