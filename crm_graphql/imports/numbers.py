"""Numbers as people write them: signs of currency, thousands, the decimal sign that a file has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, NamedTuple

import pycountry
from msgspec import UnsetType

_SIGNS = {
    "AUD": ("A$", "AU$", "$"),
    "BRL": ("R$",),
    "CAD": ("C$", "CA$", "CAD$", "$"),
    "CHF": ("Fr.", "SFr.", "Fr", "SFr"),
    "CNY": ("¥", "元", "CN¥"),
    "CZK": ("Kč",),
    "DKK": ("kr.", "kr"),
    "EUR": ("€",),
    "GBP": ("£",),
    "HKD": ("HK$", "$"),
    "ILS": ("₪",),
    "INR": ("₹", "Rs.", "Rs"),
    "JPY": ("¥", "円", "JP¥"),
    "KRW": ("₩",),
    "MXN": ("MX$", "$"),
    "NGN": ("₦",),
    "NOK": ("kr.", "kr"),
    "NZD": ("NZ$", "$"),
    "PHP": ("₱",),
    "PLN": ("zł",),
    "RUB": ("₽",),
    "SEK": ("kr.", "kr"),
    "SGD": ("S$", "$"),
    "THB": ("฿",),
    "TRY": ("₺",),
    "UAH": ("₴",),
    "USD": ("US$", "$"),
    "VND": ("₫",),
    "ZAR": ("R",),
}
_EVERY_SIGN = frozenset(sign.casefold().rstrip(".") for signs in _SIGNS.values() for sign in signs)

_SPACES = "\u0020\u00a0\u2009\u202f\u2007\t"
_APOSTROPHES = "'\u2019\u02bc`\u00b4"
_FORMS = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\uff0d", "-"),
        **dict.fromkeys(_SPACES, " "),
        **dict.fromkeys(_APOSTROPHES, "'"),
    }
)
_AFFIXED = re.compile(
    r"(?P<before>[^\d.,'()-]*)(?P<number>\d[\d.,' ]*|[.,]\d+)(?P<after>[^\d.,'()-]*)", re.ASCII
)
_BETWEEN_GROUPS = re.compile("[ ']")
_POINT_OF_A_SIGN = re.compile(r"(?<=[^\W\d_])\.")
_PLAIN = re.compile(r"-?\d*\.?\d*", re.ASCII)
_PLAIN_SIGNS = b"0123456789.-\n"
_TWO_POINTS = re.compile(r"\.\d*\.", re.ASCII)
_TWO_POINTS_OR_THREE_BEHIND = re.compile(r"\.\d*\.|\.\d{3}(?!\d)", re.ASCII)
_LONGEST = 80
_UNREADABLE = "is not a number like 12.50. Send digits with one decimal sign."
_PLAIN_TYPES = frozenset({int, Decimal, UnsetType, NoneType})


class NotANumber(ValueError):
    """The text is no number, or one of another currency; the message follows the field's name."""


class Reading(NamedTuple):
    """A number in its two readings, as plain text; None where the signs allow it not."""

    by_point: str | None
    by_comma: str | None

    @property
    def is_certain(self) -> bool:
        """Whether both, or the only one, say the same."""
        return None in self or self.by_point == self.by_comma


def are_plain(cells: Sequence[Any], *, by_point: bool) -> bool:
    """Whether `is_plain` holds for every cell, at the price of looking at all of them at once."""
    try:
        joined = "\n".join(cells)
    except TypeError:
        return set(map(type, cells)) <= _PLAIN_TYPES
    if joined.encode(errors="replace").translate(None, _PLAIN_SIGNS):
        return False
    if "-" in joined and joined.count("-") != joined.count("\n-") + joined.startswith("-"):
        return False
    doubtful = _TWO_POINTS if by_point else _TWO_POINTS_OR_THREE_BEHIND
    return doubtful.search(joined) is None


def is_plain(text: str, *, by_point: bool) -> bool:
    """Whether the text is a number as it stands, or empty. Where it is not known that a point is the decimal
    sign, it may not have three digits behind one."""
    if _PLAIN.fullmatch(text) is None:
        return False
    return by_point or _TWO_POINTS_OR_THREE_BEHIND.search(text) is None


def read(text: str, currency: str) -> Reading:
    """Both readings of a number. Raises NotANumber for what is none by either."""
    written = text.translate(_FORMS).strip()
    if len(written) > _LONGEST:
        raise NotANumber(_UNREADABLE)
    is_negative = False
    if written.startswith("(") and written.endswith(")"):
        is_negative, written = True, written[1:-1].strip()
    if written.count("-") == 1:
        before, _, after = written.partition("-")
        if not any(sign.isdigit() for sign in before) or not after.strip():
            is_negative, written = True, f"{before}{after}".strip()
    written = _POINT_OF_A_SIGN.sub("", written.removeprefix("+"))
    match = _AFFIXED.fullmatch(written)
    if match is None:
        raise NotANumber(_UNREADABLE)
    _require_currency(match["before"], currency)
    _require_currency(match["after"], currency)
    number = match["number"].strip()
    found = Reading(_plain(number, ".", ","), _plain(number, ",", "."))
    if found == (None, None):
        raise NotANumber(_UNREADABLE)
    if not is_negative:
        return found
    return Reading(*(None if one is None else f"-{one}" for one in found))


def _require_currency(affix: str, currency: str) -> None:
    """Refuse what stands beside a number and is no sign of the deployment's currency."""
    for word in affix.split():
        sign = word.casefold()
        if sign == currency.casefold() or sign in _signs_of(currency):
            continue
        if sign in _EVERY_SIGN or sign.upper() in _codes():
            raise NotANumber(
                f"is in {word}, not in {currency}, the currency of this deployment. Convert it first."
            )
        raise NotANumber(_UNREADABLE)


def _plain(number: str, decimal: str, thousands: str) -> str | None:
    """The number with `decimal` before its decimals and `thousands` between groups; None where it has no such
    form."""
    whole, point, decimals = number.partition(decimal)
    if point and not decimals.isdecimal():
        return None
    groups = whole.split(thousands)
    if len(groups) > 1:
        if not _are_groups(groups):
            return None
        whole = "".join(groups)
    elif whole and not whole.isdecimal():
        groups = _BETWEEN_GROUPS.split(whole)
        if not _are_groups(groups):
            return None
        whole = "".join(groups)
    return f"{whole or '0'}.{decimals}" if point else whole


def _are_groups(groups: Sequence[str]) -> bool:
    """Groups of three, or of two before the last, as in India; the first is no zero."""
    first, *further = groups
    return (
        bool(further)
        and all(group.isdecimal() for group in groups)
        and 1 <= len(first) <= 3
        and not first.startswith("0")
        and len(further[-1]) == 3
        and len({len(group) for group in further[:-1]}) <= 1
        and all(len(group) in (2, 3) for group in further)
    )


@cache
def _signs_of(currency: str) -> frozenset[str]:
    return frozenset(sign.casefold().rstrip(".") for sign in _SIGNS.get(currency, ()))


@cache
def _codes() -> frozenset[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)
