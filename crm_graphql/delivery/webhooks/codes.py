"""Status codes of mail servers, read: what a refusal says about the address, the message, or us.

The enhanced codes are those of RFC 3463 and of IANA's registry. Where a server gives none that says anything
(5.0.0), its words are looked at, as far as servers agree on them.
"""

from __future__ import annotations

import re

from crm_graphql.delivery.webhooks.port import Returned

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_HARD = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})
_CONTENT = frozenset({(2, 3), (3, 4)})
_OURS = frozenset({(1, 7), (1, 8)})
"""The sender's address, not the recipient's."""
_SAYS_NOTHING = frozenset({0, 5})
"""Subjects under which servers put whatever they have no code for."""
_SAYS_ENOUGH = frozenset({6, 7})
"""Subjects of which no detail is needed."""
_ADDRESS_DETAILS = 10
"""So many are registered; Exchange Online has its own, 5.1.351, for whatever another server said."""
_MAILBOX = re.compile(r"\S*@\S*")

_POLICY_WORDS = re.compile(
    r"\b(spam|black ?list|block ?list|dnsbl|rbl|reputation|policy|spf|dkim|dmarc|unauthenticated|"
    r"blocked|banned|bad dns ptr|reverse dns)",
    re.IGNORECASE,
)
_FULL_WORDS = re.compile(r"\b(quota|mailbox (is )?full|over ?quota|insufficient storage)", re.IGNORECASE)
_NOBODY_WORDS = re.compile(
    r"(user|recipient|mailbox|account|address(ee)?)( \S+){0,3}? (unknown|not found|does ?n[o']t exist|"
    r"unavailable|disabled|invalid|is inactive|is not recognized)|"
    r"(unknown|no such|invalid|bad destination) (local )?(user|recipient|mailbox|address)|"
    r"no mailbox here|does( not|n't) have an? .{1,40} account|not listed in|couldn't be found",
    re.IGNORECASE,
)


def find_code(text: str) -> str | None:
    """The first enhanced status code in a text."""
    found = _CODE.search(text)
    return found[0] if found else None


def is_vague(code: str | None) -> bool:
    """Whether the code leaves it to the words why somebody was refused for good; no code does."""
    found = _CODE.search(code or "")
    if found is None:
        return True
    subject, detail = int(found[2]), int(found[3])
    if found[1] == "4" or subject in _SAYS_ENOUGH:
        return False
    return subject in _SAYS_NOTHING or detail == 0 or (subject == 1 and detail > _ADDRESS_DETAILS)


def kind_of(code: str | None, words: str) -> Returned:
    """What a refusal for good says, by its code and what the server said.

    A code of class 4 is of a message whose sender gave up after trying for days.
    """
    found = _CODE.search(code or "")
    if found is None or is_vague(code):
        return _kind_by_words(words)
    subject, detail = int(found[2]), int(found[3])
    if subject == 7 or (subject, detail) in _OURS:
        return Returned.POLICY
    if subject == 6 or (subject, detail) in _CONTENT:
        return Returned.CONTENT
    if found[1] == "5" and (subject, detail) in _HARD:
        return Returned.HARD
    return Returned.SOFT


def _kind_by_words(words: str) -> Returned:
    """In this order: a server that refuses a mail as spam may well name its user. Unclear: SOFT, which only
    counts together with others."""
    # What is in an address is no word of the server.
    words = _MAILBOX.sub("@", words)
    if _POLICY_WORDS.search(words):
        return Returned.POLICY
    if _FULL_WORDS.search(words):
        return Returned.SOFT
    return Returned.HARD if _NOBODY_WORDS.search(words) else Returned.SOFT
