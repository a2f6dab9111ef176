"""Values of a row, checked: text, id, email, phone, tags, money, number, moment."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, NoReturn, TypeVar

from crm_graphql.consents.addresses import NotAnAddress, read_address
from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.core.channels import Channel
from crm_graphql.core.countries import country_code
from crm_graphql.core.emails import NotAnEmail, checked_address, plain_email
from crm_graphql.core.errors import ErrorCode
from crm_graphql.core.money import MoneyError, to_units
from crm_graphql.core.phones import NotANumber, read_phone
from crm_graphql.core.times import parse_moment

Digits = TypeVar("Digits", str, tuple[int, ...])
Member = TypeVar("Member", bound=Enum)

ID_CHARACTERS = 200
TEXT_CHARACTERS = 500
TAGS = 100
TAG_CHARACTERS = 100
NUMBER_LIMIT = 1_000_000_000
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
FUTURE_ALLOWED = timedelta(days=1)

_PLAIN_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_PLAIN_MONEY = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,4}))?", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TEXT_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PLACEHOLDER = re.compile(
    r"[nN]/[aA]|NULL|null|\\N|[-\u2013\u2014]{1,3}|#(?:N/?A|REF!|VALUE!|NAME\?|NUM!|NULL!|DIV/0!)"
)
_PLACEHOLDER_SIGNS = frozenset("nN\\-\u2013\u2014# ")
_SHORTENED = re.compile(r"-?\d(?:[.,]\d+)?[eE][+-]\d{2,3}", re.ASCII)
_FLOAT = re.compile(r"\d+[.,]0+", re.ASCII)
_FORMULA = re.compile(r'="([^"]*)"')
_COUNT = re.compile(r"-?\d{1,10}(?:\.0+)?", re.ASCII)
_TAG_SEPARATOR = re.compile("[;,]")


class BadValue(Exception):
    """A value is refused. The message follows the field's name and ends in what to do."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.INVALID) -> None:
        super().__init__(message)
        self.code = code


class BadOption(BadValue):
    """A value that a record can do without is refused: the rest of the record is taken."""


def required() -> NoReturn:
    """Refuse a value that is missing."""
    raise BadValue("is missing. Every row must have it.", ErrorCode.REQUIRED)


def external_id(value: Any) -> str:
    """The caller's own key: 1 to 200 characters without control characters, surrounding space removed."""
    if type(value) is not str:
        raise BadValue("is not text. Send ids as text, so that leading zeros survive.")
    text = value.strip()
    if not text:
        required()
    if text[0] in _PLACEHOLDER_SIGNS or text[0] == "=" or (not text.isalnum() and text[-1].isdigit()):
        text = _unbroken(text)
    if len(text) > ID_CHARACTERS:
        raise BadValue(f"is longer than {ID_CHARACTERS} characters. Send a shorter id.")
    if not (text.isascii() and text.isprintable()) and _CONTROL.search(text):
        raise BadValue("holds a control character. Remove it.")
    return _encodable(text)


def _unbroken(text: str) -> str:
    """The id, also out of the formula ="00123". Raises BadValue for what a spreadsheet made of one."""
    if formula := _FORMULA.fullmatch(text):
        text = formula[1].strip() or required()
    if _SHORTENED.fullmatch(text):
        raise BadValue(
            "was shortened by a spreadsheet, so that several ids became one. Format the column as text and "
            "export again."
        )
    if _FLOAT.fullmatch(text):
        raise BadValue("was made a number by a spreadsheet. Format the column as text and export again.")
    if _PLACEHOLDER.fullmatch(text):
        raise BadValue("stands for no id. Every row must have one.")
    return text


def is_placeholder(value: Any) -> bool:
    """Whether the text stands for nothing, as exporters write it: n/a, NULL, -, \\N, #N/A."""
    return (
        type(value) is str
        and value[:1] in _PLACEHOLDER_SIGNS
        and _PLACEHOLDER.fullmatch(value.strip()) is not None
    )


def optional(convert: Callable[[Any], Any], value: Any) -> Any:
    """What `convert` makes of the value; what stands for nothing is refused for itself alone."""
    if is_placeholder(value):
        raise BadOption("stands for no value. Leave the cell empty.")
    return convert(value)


def text(value: Any) -> str | None:
    """A text of at most 500 characters; an empty one is none."""
    if type(value) is not str:
        raise BadValue("is not text. Send text, or leave the field out.")
    stripped = value.strip()
    if len(stripped) > TEXT_CHARACTERS:
        raise BadValue(f"is longer than {TEXT_CHARACTERS} characters. Shorten it.")
    if _TEXT_CONTROL.search(stripped):
        raise BadValue("holds a control character. Remove it.")
    return _encodable(stripped) or None


def email(value: Any) -> str | None:
    """One plain address, name@example.com, without invisible signs."""
    address = text(plain_email(value) if type(value) is str else value)
    if address is None:
        return None
    try:
        return checked_address(address)
    except NotAnEmail as error:
        raise BadValue(str(error)) from None


def phone(value: Any, default_country: str | None) -> str | None:
    """A telephone number in E.164; its digits alone where its country cannot be known."""
    if type(value) is not str:
        raise BadOption("is not text. Send numbers as text, so that a + and zeros survive.")
    written = value.strip()
    if not written:
        return None
    try:
        return read_phone(written, default_country)
    except NotANumber as error:
        raise BadOption(str(error)) from None


def country(value: Any) -> str | None:
    """The ISO 3166-1 alpha-2 code of a country that is known; another text as it is."""
    name = text(value)
    return None if name is None else country_code(name) or name


def tags(value: Any) -> list[str] | None:
    """Tags in their order, each once; a text holds them separated by ; or a comma."""
    parts = _TAG_SEPARATOR.split(value) if type(value) is str else value
    if not isinstance(parts, list | tuple):
        raise BadValue("is no list of tags. Send a list of texts, or a text with ; between them.")
    found: dict[str, None] = {}
    for part in parts:
        tag = text(part)
        if tag is None:
            continue
        if len(tag) > TAG_CHARACTERS:
            raise BadValue(f"holds a tag of more than {TAG_CHARACTERS} characters. Shorten it.")
        found[tag] = None
    if len(found) > TAGS:
        raise BadValue(f"holds more than {TAGS} tags. Send fewer.")
    return list(found) or None


def money(value: Any) -> int:
    """An exact amount in ten-thousandths, from a decimal text or a number."""
    kind = type(value)
    try:
        if kind is str:
            plain = _PLAIN_MONEY.fullmatch(value)
            if plain is not None:
                sign, whole, decimals = plain.groups("")
                units = int(whole) * 10_000 + int(decimals.ljust(4, "0"))
                return -units if sign else units
            return to_units(_short(value.strip()))
        if kind is Decimal:
            _short(value.as_tuple().digits)
            return to_units(value)
        if kind is int:
            return to_units(value)
    except MoneyError as error:
        raise BadValue(f"{error}. Send plain digits with at most 4 decimals, below 10^12.") from None
    raise BadValue("is not a decimal number like 12.50. Send plain digits with at most 4 decimals.")


def _short(digits: Digits) -> Digits:
    # Arithmetic rounds to 28 digits, so that a longer number could pass for one of 4 decimals.
    if len(digits) > 28:
        raise MoneyError("has too many digits")
    return digits


def count(value: Any, *, least: int) -> int:
    """A whole number from `least` to a thousand million; 3.0 is 3."""
    number: Any = value
    if type(value) is str:
        stripped = value.strip()
        number = int(stripped.partition(".")[0]) if _COUNT.fullmatch(stripped) else None
    elif type(value) is Decimal and value == value.to_integral_value() and abs(value) <= NUMBER_LIMIT:
        number = int(value)
    if type(number) is not int or not least <= number <= NUMBER_LIMIT:
        raise BadValue(f"is not a whole number from {least} to {NUMBER_LIMIT}. Send digits only.")
    return number


def moment(value: Any, latest: datetime) -> datetime:
    """A moment between 1900 and `latest`, in UTC; a date alone is its first moment."""
    if type(value) is str:
        found = _read_moment(value)
    elif isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        found = aware.replace(microsecond=aware.microsecond // 1000 * 1000)
    else:
        raise BadValue("is not a date as text. Send one like 2024-06-30 or 2024-06-30T12:00:00Z.")
    if found < EARLIEST:
        raise BadValue("is before the year 1900. Send the real date.")
    if found > latest:
        raise BadValue("lies in the future. Send the real date, and check the time zone.")
    return found


def _read_moment(value: str) -> datetime:
    if _PLAIN_MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    return _parsed_moment(value.strip())


@lru_cache(maxsize=4096)
def _parsed_moment(text: str) -> datetime:
    try:
        return parse_moment(text)
    except ValueError as error:
        raise BadValue(f"{error}.") from None


def channel(value: Any) -> Channel:
    """A channel by its name, in any case."""
    return _member(Channel, value)


def channel_of(address: Any) -> Channel:
    """The channel of an address that names none: email, where it looks like that."""
    if type(address) is str and "@" in address:
        return Channel.EMAIL
    raise BadValue("is missing: SMS or WHATSAPP for a telephone number.", ErrorCode.REQUIRED)


def suppression_reason(value: Any) -> SuppressionReason:
    """A reason by its name, in any case."""
    return _member(SuppressionReason, value)


def address(on: Channel, value: Any, default_country: str | None) -> str:
    """An address of the channel as suppressions compare it."""
    if type(value) is not str:
        raise BadValue("is not text. Send addresses as text.")
    try:
        return read_address(on, value, default_country)
    except NotAnAddress as error:
        raise BadValue(str(error)) from None


def _member(enum: type[Member], value: Any) -> Member:
    try:
        return enum(value.strip().upper() if type(value) is str else value)
    except ValueError:
        known = ", ".join(member.value for member in enum)
        raise BadValue(f"is none of {known}.") from None


def currency(value: Any, expected: str) -> str:
    """The deployment's currency; any other is refused."""
    if type(value) is str:
        if value == expected:
            return expected
        code = value.strip().upper()
        if code == expected or not code:
            return expected
    raise BadValue(f"is not {expected}, the currency of this deployment. Convert the amount first.")


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadValue("holds half of a surrogate pair. Send valid Unicode.") from None
    return text
