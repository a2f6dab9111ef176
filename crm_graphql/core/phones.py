"""Telephone numbers as people write them, read into E.164 as the library phonenumbers understands them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""What may be a default country: ISO 3166-1 alpha-2."""

FEWEST_DIGITS = 5
MOST_DIGITS = 20
LONGEST_TEXT = 250
"""Characters; the library reads no longer one."""

_PLAIN = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
# Neither a zero in brackets, nor a number of a spreadsheet with its point.
_SIMPLE = re.compile(r"\+?\d+(?:[ /-]\d+)*|\(0\d+\)(?:[ /-]\d+)*", re.ASCII)
_FLOAT = re.compile(r"([+-]?\d+)[.,]0+", re.ASCII)
_EXPONENT = re.compile(r"[+-]?(\d)(?:[.,](\d+))?[eE]\+?(\d{1,3})", re.ASCII)
_BRACKETED_ZERO = re.compile(r"(?<=\d)[\s.\-/]*[(\[]\s*0\s*[)\]][\s.\-/]*", re.ASCII)
_EXTENSION = re.compile(
    r"[\s,;]*(?:;ext=|(?:extension|extn?|ext|durchwahl|anexo|int|x|#)\.?:?)[\s.:]*\d{1,7}#?\s*", re.IGNORECASE
)
_WRITTEN = re.compile(r"\+?[\d\s().\-/\[\]~]+")
_SIGNS_BETWEEN = re.compile(r"[\s().\-/\[\]~]+")
# Fullwidth and other forms of the plus and of what stands between digits; invisible signs are nothing.
_FORMS = str.maketrans(
    {
        **dict.fromkeys("\uff0b\u2795\ufe62", "+"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u30fc\uff0d\ufe63", "-"),
        **dict.fromkeys("\uff08", "("),
        **dict.fromkeys("\uff09", ")"),
        **dict.fromkeys("\uff0f\u2044\u2215", "/"),
        **dict.fromkeys("\uff0e\u00b7\u2022\u2219\u30fb", "."),
        **dict.fromkeys("\uff5e\u223c\u301c", "~"),
        **dict.fromkeys(
            "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068"
            "\u2069\ufeff"
        ),
    }
)


class NotANumber(ValueError):
    """The text is no telephone number; the message follows the field's name and says what to do."""


def read_phone(text: str, default_country: str | None) -> str:
    """The number in E.164, or its digits alone where its country cannot be known: nobody can dial that one.

    `default_country` (ISO alpha-2) is the country of numbers that name none. Formatting, `tel:`, extensions,
    a trunk zero in brackets and `00` for + are read as people mean them. Raises NotANumber.
    """
    if _PLAIN.fullmatch(text) and (fast := _read_plain(text)):
        return fast
    return _read_written(text, default_country)


def is_dialable(phone: str) -> bool:
    """Whether a number as `read_phone` gives it can be called from anywhere."""
    return phone.startswith("+")


def read_beginning(text: str, default_country: str | None) -> str:
    """The digits of the beginning of a number, as numbers of that beginning are stored."""
    signs = _bare(text.translate(_FORMS))
    if signs.startswith("00"):
        return f"+{signs[2:]}"
    if default_country is None or not signs.isdecimal():
        return signs
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(default_country)
    trunk = metadata.national_prefix if metadata else None
    if metadata and trunk and signs.startswith(trunk):
        return f"+{metadata.country_code}{signs.removeprefix(trunk)}"
    return signs


def beginnings(text: str, default_country: str | None) -> Sequence[str]:
    """How a number may be stored of which somebody types the beginning; none for what is no number."""
    signs = _bare(text.translate(_FORMS))
    if not re.fullmatch(r"\+?\d{3,}", signs, re.ASCII):
        return ()
    return (signs, read_beginning(text, default_country), f"+{signs.lstrip('+')}")


@lru_cache(maxsize=512)
def _rules_of(calling_code: int) -> tuple[re.Pattern[str], frozenset[int]] | None:
    """What a national number may not begin with to be taken as it is, and how long it may be."""
    region = phonenumbers.region_code_for_country_code(calling_code)
    metadata = (
        phonenumbers.PhoneMetadata.metadata_for_nongeo_region(calling_code)
        if region == "001"
        else phonenumbers.PhoneMetadata.metadata_for_region(region)
    )
    if metadata is None or metadata.general_desc is None:
        return None
    stripped = metadata.national_prefix_for_parsing or "(?!)"
    return re.compile(f"0|{stripped}"), frozenset(metadata.general_desc.possible_length)


def _read_plain(text: str) -> str | None:
    """A number in E.164 already, where the library would give the same text back; None: ask the library.

    It changes such a number only by taking a trunk prefix away, and asks for its length: 2 µs instead of 50.
    """
    for digits in (1, 2, 3):
        code = int(text[1 : 1 + digits])
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            rules = _rules_of(code)
            if rules is None:
                return None
            prefix, lengths = rules
            national = text[1 + digits :]
            return text if len(national) in lengths and not prefix.match(national) else None
    return None


@lru_cache(maxsize=256)
def _trunk_rules_of(country: str) -> tuple[int, re.Pattern[str], re.Pattern[str]] | None:
    """Of a country whose numbers begin with a trunk zero at home: its calling code, what the library strips,
    and what a number is without it."""
    metadata = phonenumbers.PhoneMetadata.metadata_for_region(country)
    if metadata is None or metadata.national_prefix != "0" or metadata.general_desc is None:
        return None
    if metadata.country_code is None or metadata.national_prefix_transform_rule:
        return None
    stripped, number = metadata.national_prefix_for_parsing, metadata.general_desc.national_number_pattern
    abroad = metadata.international_prefix
    if stripped is None or number is None or abroad is None:
        return None
    # In Israel 017 leads abroad: what may is left to the library.
    return metadata.country_code, re.compile(f"(?!{abroad})(?:{stripped})"), re.compile(number)


def _read_at_home(bare: str, country: str) -> str | None:
    """A number with its trunk zero, where the library would do no more than take that away; None: ask it."""
    rules = _trunk_rules_of(country)
    if rules is None or not bare.isdecimal():
        return None
    code, stripped, number = rules
    prefix = stripped.match(bare)
    if prefix is None or prefix[0] != "0" or not number.fullmatch(bare[1:]):
        return None
    text = f"+{code}{bare[1:]}"
    return _read_plain(text) if _PLAIN.fullmatch(text) else None


def _read_quickly(text: str, default_country: str | None) -> str | None:
    """A number of digits and what stands between them alone, where that is enough to know it."""
    if not _SIMPLE.fullmatch(text):
        return None
    bare = _SIGNS_BETWEEN.sub("", text)
    if bare.startswith("+"):
        return _read_plain(bare) if _PLAIN.fullmatch(bare) else None
    if default_country is None or bare.startswith("00"):
        return None
    return _read_at_home(bare, default_country)


def _read_written(text: str, default_country: str | None) -> str:
    return _read_quickly(text, default_country) or _read_slowly(text, default_country)


@lru_cache(maxsize=4096)
def _read_slowly(text: str, default_country: str | None) -> str:
    digits = _cleaned(text)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if digits.startswith("+"):
        return _international(digits)
    bare = _bare(digits)
    if bare.startswith("00"):
        # "0 049 170": with a sign between them they lead abroad all the same.
        return _international(f"+{bare[2:]}")
    if default_country is not None and (number := _national(digits, default_country)):
        return number
    if default_country is not None or not FEWEST_DIGITS <= len(bare) <= MOST_DIGITS:
        raise NotANumber("is not a telephone number. Send one like +4915112345678, or leave it out.")
    return bare


def _cleaned(text: str) -> str:
    """Digits with a leading + and what stands between them, without all that is no part of the number."""
    written = "".join(
        str(int(sign)) if sign.isdecimal() else sign for sign in text[:LONGEST_TEXT].translate(_FORMS)
    ).strip()
    written = re.sub(r"^(?:tel|phone|callto|sms):\s*", "", written, flags=re.IGNORECASE)
    written = _whole(written.removeprefix("'").strip().strip('"').strip())
    extension = _EXTENSION.search(written)
    if extension is not None and extension.end() == len(written):
        written = written[: extension.start()]
    # "(+49) 170", "(0049) 170"
    written = re.sub(r"^\(\s*(\+|00)", r"\1", written)
    if len(text) > LONGEST_TEXT or not _WRITTEN.fullmatch(written) or not re.search(r"\d", written):
        raise NotANumber("is not a telephone number. Send one like +4915112345678, or leave it out.")
    return written


def _whole(written: str) -> str:
    """What a spreadsheet made of a number: 491701234567.0 is whole; 4.91701E+11 has lost its last digits."""
    if plain := _FLOAT.fullmatch(written):
        return plain[1]
    exponent = _EXPONENT.fullmatch(written)
    if exponent is None:
        return written
    digits = exponent[1] + (exponent[2] or "")
    if len(digits) != int(exponent[3]) + 1:
        raise NotANumber(
            "was shortened by a spreadsheet. Format the column as text and send the whole number."
        )
    return digits


def _international(written: str) -> str:
    """A number that names its country. A zero in brackets is dialled only where numbers have it (Italy)."""
    found = []
    for candidate in dict.fromkeys((_BRACKETED_ZERO.sub("", written), written)):
        number = _parsed(candidate, None)
        if number is not None and _is_possible(number):
            if phonenumbers.is_valid_number(number):
                return _e164(number)
            found.append(number)
    if not found:
        raise NotANumber(
            "is not a telephone number of that country. Send one like +4915112345678, or leave it out."
        )
    return _e164(found[0])


def _bare(written: str) -> str:
    """Without what stands between digits, and without a zero in brackets."""
    return _SIGNS_BETWEEN.sub("", _BRACKETED_ZERO.sub("", written))


def _national(written: str, country: str) -> str | None:
    """A number of the default country, or one whose country code lost its + in a spreadsheet."""
    code = phonenumbers.country_code_for_region(country)
    if written.startswith(str(code)):
        abroad = _parsed(f"+{written}", None)
        if abroad is not None and phonenumbers.is_valid_number(abroad):
            return _e164(abroad)
    here = _parsed(written, country)
    if here is None or not _is_possible(here):
        return None
    # Few digits are dialled somewhere, but are seldom meant as a number elsewhere.
    is_long = sum(sign.isdecimal() for sign in written) >= FEWEST_DIGITS
    return _e164(here) if is_long or phonenumbers.is_valid_number(here) else None


def _parsed(written: str, country: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(written, country)
    except NumberParseException:
        return None


def _is_possible(number: PhoneNumber) -> bool:
    """Whether its length is one that its country has. What is only local cannot be called from elsewhere."""
    reason = phonenumbers.is_possible_number_with_reason(number)
    return bool(reason == ValidationResult.IS_POSSIBLE)


def _e164(number: PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))
