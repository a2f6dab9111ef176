"""Fields of files: what the table has of each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImportField:
    """A field under its name in files. `aliases` are further headings that bring it, without regard to case,
    spaces and signs."""

    field: str
    label: str
    description: str
    aliases: tuple[str, ...]
    example: str
    is_required: bool = False


def names(listed: str) -> tuple[str, ...]:
    """The headings in a list with commas between them."""
    return tuple(name.strip() for name in listed.split(","))


MAIL = "E-Mail, Email Address, Mail, Mail Address, E-Mail-Adresse, Contact Email, Billing Email"
PHONE = (
    "Phone Number, Phone No, Telephone, Telephone Number, Tel, Mobile, Mobile Number, Mobile Phone, "
    "Mobile Phone Number, Cell, Cell Phone, Cell Number, Contact Number, Billing Phone, MSISDN, Telefon, "
    "Telefonnummer, Handy, Handynummer, Mobilnummer, Teléfono"
)
