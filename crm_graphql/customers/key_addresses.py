"""Addresses within customers' keys, as files without ids make them, e.g. `email:ida@example.com`."""

from __future__ import annotations

from crm_graphql.core.channels import EMAIL, PHONE, Address
from crm_graphql.core.emails import NotAnEmail, checked_address
from crm_graphql.core.phones import NotANumber, is_dialable, read_phone

EMAIL_KEY = "email:"
PHONE_KEY = "phone:"


def address_of_key(external_id: str) -> tuple[Address, str] | None:
    """The address that a customer's key stands for; None where it is a key of another kind."""
    if external_id.startswith(EMAIL_KEY):
        text = external_id.removeprefix(EMAIL_KEY)
        try:
            return (EMAIL, text) if checked_address(text) == text else None
        except NotAnEmail:
            return None
    if external_id.startswith(PHONE_KEY):
        text = external_id.removeprefix(PHONE_KEY)
        try:
            return (PHONE, text) if read_phone(text, None) == text and is_dialable(text) else None
        except NotANumber:
            return None
    return None
