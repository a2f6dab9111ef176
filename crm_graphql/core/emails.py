"""E-mail addresses as people paste them: without the signs that nobody sees, and told from what is none."""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "\ufffd"
"""What a program wrote where it could not read a sign: the address is lost."""

MOST_CHARACTERS = 254
"""RFC 5321, section 4.5.3.1.3, less the angle brackets."""
_LOCAL_CHARACTERS = 64
_LOCAL_PART = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\u0080-\U0010ffff-]+)*"
)
_DOMAIN_LABEL = re.compile(r"[^\W_](?:[\w-]{0,61}[^\W_])?")

# Beside the format signs (category Cf): what Unicode says to ignore where it cannot be shown.
_IGNORED = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def plain_email(text: str) -> str:
    """The address without invisible signs and surrounding space, in the one form of its letters (NFKC).

    Zero width signs, byte order marks, soft hyphens and marks of direction are nothing; full width letters
    are letters. The result need not be an address.
    """
    if text.isascii():
        return text.strip()
    seen = _IGNORED.sub("", text)
    seen = "".join(sign for sign in seen if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFKC", seen).strip()


class NotAnEmail(ValueError):
    """The text is no e-mail address; the message follows the field's name and says what to do."""


def checked_address(text: str) -> str:
    """The plain address, name@example.com, in `text`. Raises NotAnEmail."""
    address = plain_email(text)
    if REPLACEMENT in address:
        raise NotAnEmail("holds U+FFFD: a program could not read a sign of it. Send the real address.")
    local, at, domain = address.rpartition("@")
    labels = domain.split(".")
    if (
        not at
        or len(address) > MOST_CHARACTERS
        or len(local) > _LOCAL_CHARACTERS
        or not _LOCAL_PART.fullmatch(local)
        or len(labels) < 2
        or not all(_DOMAIN_LABEL.fullmatch(label) for label in labels)
        or any(character.isspace() for character in address)
    ):
        raise NotAnEmail("is not an email address. Send one like name@example.com, or leave it out.")
    return address
