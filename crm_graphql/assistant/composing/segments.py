"""Segments of an SMS: how many a text takes, in the GSM alphabet or, with any other sign, in UCS-2."""

from __future__ import annotations

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""GSM 03.38, the basic alphabet: a sign takes one place."""
_EXTENDED = frozenset("\f^{}\\[~]|€")
"""Its extension: a sign takes two places."""


def segments(text: str) -> int:
    """How many segments the text takes: 160 places of the GSM alphabet or 70 of UCS-2 alone, 153 or 67 each
    where there are several."""
    if all(sign in _GSM or sign in _EXTENDED for sign in text):
        places, alone, each = len(text) + sum(sign in _EXTENDED for sign in text), 160, 153
    else:
        places, alone, each = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if places <= alone else -(-places // each)
