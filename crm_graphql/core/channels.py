"""Channels: how a message travels, and which address of a person each one needs, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from itertools import product

from crm_graphql.core.phones import is_dialable


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
    is_usable: Callable[[str], bool] = bool
    unusable_bit: int = 0
    """Instead of `bit` where the field holds something by which no channel reaches anybody."""

    def bit_of(self, value: str | None) -> int:
        """The bit for what the customer's field holds."""
        if value is None:
            return 0
        return self.bit if self.is_usable(value) else self.unusable_bit


@dataclass(frozen=True, slots=True)
class Traits:
    """What is particular to a channel. `suppressed_bit` is in a customer's `reach` where the address must not
    be written to on this channel."""

    address: Address
    suppressed_bit: int
    has_subject: bool = False
    takes_html: bool = False


EMAIL = Address("email", 1)
PHONE = Address("phone", 2, is_dialable, unusable_bit=4)
ADDRESSES = (EMAIL, PHONE)

TRAITS: Mapping[Channel, Traits] = {
    Channel.EMAIL: Traits(EMAIL, 8, has_subject=True, takes_html=True),
    Channel.SMS: Traits(PHONE, 16),
    Channel.WHATSAPP: Traits(PHONE, 32),
}
if left_out := set(Channel) - TRAITS.keys():
    raise AssertionError(f"channels without traits: {left_out}")


def reaches(address: Address) -> tuple[int, ...]:
    """The values of `reach` of customers whose field is set, usable or not, suppressed or not."""
    bits = [{0, each.bit, each.unusable_bit} for each in ADDRESSES]
    bits += [{0, traits.suppressed_bit} for traits in TRAITS.values()]
    own = address.bit | address.unusable_bit
    return tuple(sorted(value for value in map(sum, product(*bits)) if value & own))


def may_reach(reach: int, channel: Channel) -> bool:
    """Whether a customer with this `reach` has an address for the channel that may be written to."""
    traits = TRAITS[channel]
    return bool(reach & traits.address.bit) and not reach & traits.suppressed_bit
