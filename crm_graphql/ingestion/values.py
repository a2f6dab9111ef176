"""Values of a row, checked: those of a customer, and money, numbers, moments, addresses."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar

from crm_graphql.consents.addresses import NotAnAddress, read_address
from crm_graphql.consents.documents import SuppressionReason
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import ErrorCode
from crm_graphql.core.money import MoneyError, to_units
from crm_graphql.core.times import parse_moment
from crm_graphql.customers.source_ids import SOURCE_IDS
from crm_graphql.customers.values import (
    ID_CHARACTERS as ID_CHARACTERS,
)
from crm_graphql.customers.values import (
    BadOption as BadOption,
)
from crm_graphql.customers.values import (
    BadValue as BadValue,
)
from crm_graphql.customers.values import (
    country as country,
)
from crm_graphql.customers.values import (
    email as email,
)
from crm_graphql.customers.values import (
    external_id as external_id,
)
from crm_graphql.customers.values import (
    is_placeholder as is_placeholder,
)
from crm_graphql.customers.values import (
    is_tracked as is_tracked,
)
from crm_graphql.customers.values import (
    optional as optional,
)
from crm_graphql.customers.values import (
    phone as phone,
)
from crm_graphql.customers.values import (
    required as required,
)
from crm_graphql.customers.values import (
    tags as tags,
)
from crm_graphql.customers.values import (
    text as text,
)
from crm_graphql.customers.values import (
    time_zone as time_zone,
)

Digits = TypeVar("Digits", str, tuple[int, ...])
Member = TypeVar("Member", bound=Enum)

NUMBER_LIMIT = 1_000_000_000
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
FUTURE_ALLOWED = timedelta(days=1)

_PLAIN_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_PLAIN_MONEY = re.compile(r"(-?)(\d{1,12})(?:\.(\d{1,4}))?", re.ASCII)
_COUNT = re.compile(r"-?\d{1,10}(?:\.0+)?", re.ASCII)


class BadPart(BadValue):
    """One part of a field's value is refused; `field` is the name of that part in files."""

    def __init__(self, message: str, field: str, value: Any) -> None:
        super().__init__(message)
        self.field = field
        self.value = value


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


def source_ids(value: Any) -> str | tuple[str, ...] | None:
    """An id in another system, or several in a list."""
    if type(value) is list:
        return tuple(map(external_id, value[:SOURCE_IDS])) or None
    return external_id(value)


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
