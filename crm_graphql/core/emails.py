"""E-mail addresses as people paste them: without the signs that nobody sees."""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "\ufffd"
"""What a program wrote where it could not read a sign: the address is lost."""

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
