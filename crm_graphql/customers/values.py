"""Values of a customer, checked and folded alike wherever they come from: files, mutations, edits."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

from crm_graphql.core.countries import country_code
from crm_graphql.core.emails import NotAnEmail, checked_address, plain_email
from crm_graphql.core.errors import ErrorCode
from crm_graphql.core.phones import NotANumber, read_phone
from crm_graphql.core.zones import known_zone
from crm_graphql.custom_fields.values import TRUTH_WORDS

ID_CHARACTERS = 200
TEXT_CHARACTERS = 500
TAGS = 100
TAG_CHARACTERS = 100

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TEXT_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_PLACEHOLDER = re.compile(
    r"[nN]/[aA]|NULL|null|\\N|[-\u2013\u2014]{1,3}|#(?:N/?A|REF!|VALUE!|NAME\?|NUM!|NULL!|DIV/0!)"
)
_PLACEHOLDER_SIGNS = frozenset("nN\\-\u2013\u2014#")
_SHORTENED = re.compile(r"-?\d(?:[.,]\d+)?[eE][+-]\d{2,3}", re.ASCII)
_FLOAT = re.compile(r"\d+[.,]0+", re.ASCII)
_FORMULA = re.compile(r'="([^"]*)"')
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
        and (value[:1] in _PLACEHOLDER_SIGNS or value[:1].isspace())
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


def time_zone(value: Any) -> str | None:
    """The IANA name of a time zone, given in any case of its letters."""
    if type(value) is not str:
        raise BadOption("is not text. Send a name like Europe/Berlin.")
    name = text(value)
    if name is None:
        return None
    try:
        return known_zone(name)
    except ValueError as error:
        raise BadOption(f"is unknown. {error}") from None


def is_tracked(value: Any) -> bool:
    """Whether opens and clicks may be recorded: a truth value, or a word for one."""
    if type(value) is bool:
        return value
    found = TRUTH_WORDS.get(value.strip().casefold()) if type(value) is str else None
    if found is None:
        raise BadOption("is neither yes nor no. Send true or false.")
    return found


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


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadValue("holds half of a surrogate pair. Send valid Unicode.") from None
    return text
