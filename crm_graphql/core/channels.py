"""Channels: how a message travels, and which address of a person each one needs, in one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Channel(Enum):
    """How a message travels."""

    EMAIL = "EMAIL"
    SMS = "SMS"
    WHATSAPP = "WHATSAPP"


@dataclass(frozen=True, slots=True)
class Address:
    """An address that a customer may have: the customer's field, and its bit in the customer's `reach`."""

    field: str
    bit: int


@dataclass(frozen=True, slots=True)
class Traits:
    """What is particular to a channel."""

    address: Address
    has_subject: bool = False
    takes_html: bool = False


EMAIL = Address("email", 1)
PHONE = Address("phone", 2)
ADDRESSES = (EMAIL, PHONE)

TRAITS: Mapping[Channel, Traits] = {
    Channel.EMAIL: Traits(EMAIL, has_subject=True, takes_html=True),
    Channel.SMS: Traits(PHONE),
    Channel.WHATSAPP: Traits(PHONE),
}
if left_out := set(Channel) - TRAITS.keys():
    raise AssertionError(f"channels without traits: {left_out}")


def reaches(address: Address) -> tuple[int, ...]:
    """The values of `reach` of customers who have the address."""
    everything = sum(each.bit for each in ADDRESSES)
    return tuple(value for value in range(everything + 1) if value & address.bit)
