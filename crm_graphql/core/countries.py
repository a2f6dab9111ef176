"""Countries by any of their usual names: ISO 3166-1, as the library pycountry has it, and what people say."""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache

import pycountry

_ALIASES = {
    "AE": ("uae", "emirates"),
    "BA": ("bosnia",),
    "BN": ("brunei",),
    "CD": ("drc", "dr congo", "democratic republic of the congo"),
    "CI": ("ivory coast",),
    "CV": ("cape verde",),
    "CZ": ("czech republic",),
    "FK": ("falkland islands",),
    "FM": ("micronesia",),
    "GB": (
        *("uk", "great britain", "britain"),
        # Parts of the United Kingdom, which addresses name in its place.
        *("england", "scotland", "wales", "northern ireland"),
    ),
    "HK": ("hong kong sar",),
    "KP": ("north korea",),
    "KR": ("south korea", "korea"),
    "LA": ("laos",),
    "MK": ("macedonia",),
    "MM": ("burma",),
    "MO": ("macau", "macao sar"),
    "NL": ("holland",),
    "PS": ("palestine",),
    "RU": ("russia", "россия"),
    "SY": ("syria",),
    "SZ": ("swaziland",),
    "TL": ("east timor",),
    "TR": ("turkey",),
    "US": ("united states of america", "america", "us of a"),
    "VA": ("vatican", "vatican city"),
    "VN": ("vietnam",),
}
"""Names that people write and ISO does not."""

_LANGUAGES = (
    *(
        "ar",
        "bg",
        "cs",
        "da",
        "de",
        "el",
        "es",
        "et",
        "fi",
        "fr",
        "he",
        "hi",
        "hr",
        "hu",
        "id",
        "it",
        "ja",
        "ko",
    ),
    *(
        "lt",
        "lv",
        "nb_NO",
        "nl",
        "pl",
        "pt",
        "pt_BR",
        "ro",
        "ru",
        "sk",
        "sl",
        "sr",
        "sv",
        "th",
        "tr",
        "uk",
        "vi",
    ),
    *("zh_CN", "zh_TW"),
)
_NO_LETTER = re.compile(r"[^\w]+")


def country_code(text: str) -> str | None:
    """The ISO 3166-1 alpha-2 code of the country that `text` names, by code, name or usual alias, in English
    and the languages of most of the world; None for what is no country or could be two."""
    return _code_of(text.strip()) if len(text) <= 100 else None


def country_forms(code: str) -> tuple[str, ...]:
    """Every form in folded case by which the country is known: what documents may hold for it."""
    return _tables()[1].get(code, (code.casefold(),))


@lru_cache(maxsize=4096)
def _code_of(text: str) -> str | None:
    return _tables()[0].get(_key(text))


def _key(text: str) -> str:
    """What is compared: letters and digits alone, without accents, dots, case and the article."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))
    words = plain.casefold().replace("&", " and ").replace(".", "").replace("'", " ").replace("\u2019", " ")
    return _NO_LETTER.sub(" ", words).strip().removeprefix("the ")


@cache
def _tables() -> tuple[Mapping[str, str], Mapping[str, tuple[str, ...]]]:
    """The code by key, and the forms by code."""
    codes: dict[str, str] = {}
    forms: dict[str, dict[str, None]] = {}
    doubtful: set[str] = set()
    # What comes first wins, but translations that differ between languages name nothing.
    for code, name in _english():
        codes.setdefault(_key(name), code)
        forms.setdefault(code, {})[name.casefold()] = None
    certain = frozenset(codes)
    for code, name in _translated():
        key = _key(name)
        if not key or key in certain:
            continue
        if codes.setdefault(key, code) != code:
            doubtful.add(key)
        forms[code][name.casefold()] = None
    for key in doubtful:
        del codes[key]
    return codes, {code: tuple(names) for code, names in forms.items()}


def _english() -> Iterator[tuple[str, str]]:
    countries = list(pycountry.countries)
    for country in countries:
        yield country.alpha_2, country.alpha_2
    for country in countries:
        yield country.alpha_2, country.alpha_3
        yield country.alpha_2, country.name
        for more in ("common_name", "official_name"):
            if (name := getattr(country, more, None)) is not None:
                yield country.alpha_2, name
        first, comma, last = country.name.partition(", ")
        if comma:
            yield country.alpha_2, f"{last} {first}"
    for code, names in _ALIASES.items():
        for name in names:
            yield code, name


def _translated() -> Iterator[tuple[str, str]]:
    for language in _LANGUAGES:
        found = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
        for country in pycountry.countries:
            for name in (country.name, getattr(country, "common_name", country.name)):
                translated = found.gettext(name)
                if translated != name:
                    yield country.alpha_2, translated
