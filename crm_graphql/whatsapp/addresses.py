"""Addresses on WhatsApp: telephone numbers in E.164, and BSUIDs, by which Meta names who shows no number."""

from __future__ import annotations

import re

from crm_graphql.consents.addresses import hash_key, hashed

_BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}", re.ASCII)
_NUMBER = re.compile(r"\+?([1-9]\d{4,19})", re.ASCII)
_SPELLED = (
    ("+52", re.compile(r"1?(\d{10})", re.ASCII), r"\1", r"1\1"),  # Mexico
    ("+54", re.compile(r"9?(\d{10})", re.ASCII), r"9\1", r"\1"),  # Argentina
    ("+55", re.compile(r"(\d\d)9?([6-9]\d{7})", re.ASCII), r"\g<1>9\2", r"\1\2"),  # Brazil
)
"""The country, what follows it, and how that is dialled and written otherwise."""
SOURCE = "whatsapp:"
"""Before a BSUID among a customer's ids in other systems."""


def is_bsuid(address: str) -> bool:
    """Whether it is a BSUID: a country, a point, letters and digits."""
    return _BSUID.fullmatch(address) is not None


def number_of(wa_id: str | None) -> str | None:
    """The number in E.164 that Meta writes without a plus; None for what is none."""
    found = _NUMBER.fullmatch(wa_id or "")
    return None if found is None else f"+{found[1]}"


def spellings(number: str) -> list[str]:
    """The number in E.164 as it is dialled, and as WhatsApp may write it instead: in three countries mobile
    numbers were given a digit more, which WhatsApp left out, or kept."""
    for country, local, dialled, other in _SPELLED:
        found = local.fullmatch(number.removeprefix(country)) if number.startswith(country) else None
        if found is not None:
            return [country + found.expand(dialled), country + found.expand(other)]
    return [number]


def bsuid_of(user_id: str | None) -> str | None:
    """The BSUID; None for what is none."""
    return user_id if user_id and is_bsuid(user_id) else None


async def person_keys(addresses: list[str]) -> list[bytes]:
    """Hashes of the addresses, for what must tell people apart and needs to know nobody."""
    key = await hash_key()
    return [hashed(f"whatsapp:{address}", key) for address in addresses]
