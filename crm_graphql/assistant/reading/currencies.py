"""Currencies by sign, code and name: which of them a word can mean."""

from __future__ import annotations

from functools import cache

import pycountry

_SIGNS = {
    "$": "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP BRL",
    "\u20ac": "EUR",
    "\u00a3": "GBP EGP LBP",
    "\u00a5": "JPY CNY",
    "\u20b9": "INR",
    "\u20a8": "INR PKR LKR NPR MUR SCR",
    "\u20a9": "KRW",
    "\u20bd": "RUB",
    "\u20ba": "TRY",
    "\u20aa": "ILS",
    "\u20ab": "VND",
    "\u20a6": "NGN",
    "\u20b1": "PHP",
    "\u0e3f": "THB",
    "\u20b4": "UAH",
    "zł": "PLN",
    "r$": "BRL",
}
_SPOKEN = {
    "rs": "INR PKR LKR NPR MUR SCR",
    "re": "INR",
    "rupay": "INR",
    "rupaye": "INR",
    "rupaiye": "INR",
    "rupiya": "INR",
    "rupees": "INR PKR LKR NPR MUR SCR",
    "bucks": "USD CAD AUD NZD",
    "buck": "USD CAD AUD NZD",
    "reais": "BRL",
    "quid": "GBP",
    "sterling": "GBP",
    "yuan": "CNY",
    "kronor": "SEK",
    "kroner": "DKK NOK",
    "pesos": "MXN ARS CLP COP PHP",
}
_NO_NAMES = frozenset(
    [
        "mark",
        "franc",
        "account",
        "involved",
        "omani",
        "real",
        "unit",
        "colon",
        "previsional",
        "purposes",
        "uruguayo",
    ]
)
"""Last words of currencies' names that nobody says for the currency."""
_COMMON_CODES = frozenset(
    ["usd", "eur", "gbp", "inr", "jpy", "cny", "aud", "cad", "chf", "sgd", "aed", "brl"]
)


def currencies_named(text: str, key: str, own: str) -> frozenset[str]:
    """The codes that the word can mean; none where it names no currency. Codes that are words ("ALL") count
    only in capitals."""
    if key in _SIGNS:
        return frozenset(_SIGNS[key].split())
    if key in _SPOKEN:
        return frozenset(_SPOKEN[key].split())
    if key.upper() == own or key in _COMMON_CODES:
        return frozenset({key.upper()})
    if len(key) == 3 and text.isupper() and pycountry.currencies.get(alpha_3=key.upper()) is not None:
        return frozenset({key.upper()})
    return _names().get(key, frozenset())


@cache
def _names() -> dict[str, frozenset[str]]:
    """The last word of each currency's name, and its plural: "rupee" and "rupees" of several countries."""
    found: dict[str, set[str]] = {}
    for one in pycountry.currencies:
        name = one.name.split()[-1].casefold()
        if name.isalpha() and len(name) > 3 and not one.alpha_3.startswith("X") and name not in _NO_NAMES:
            for word in (name, f"{name}s"):
                found.setdefault(word, set()).add(one.alpha_3)
    for word in ("franc", "francs"):
        found[word] = {"CHF"}
    return {word: frozenset(codes) for word, codes in found.items()}
