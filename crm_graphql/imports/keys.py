"""Keys of customers in files without ids: the address itself, so that two files of one shop meet."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec import UNSET

from crm_graphql.consents.addresses import compared
from crm_graphql.core.emails import NotAnEmail, checked_address
from crm_graphql.core.errors import ErrorCode
from crm_graphql.core.phones import NotANumber, is_dialable, read_phone
from crm_graphql.customers.key_addresses import EMAIL_KEY, PHONE_KEY
from crm_graphql.imports.cells import Refused, is_given

_PLAIN = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+", re.ASCII
)


def address_key(email_heading: str, country: str | None) -> Callable[[Any, Any], Any]:
    """A function from a row's address and telephone number to its key, or to what is wrong with it.

    The address counts; a number only where there is none, or none that is one. `country` is that of numbers
    that name none.
    """

    def key(email: Any, phone: Any) -> Any:
        refused: Refused | None = None
        if type(email) is str and email:
            if len(email) <= 60 and _PLAIN.fullmatch(email):
                return EMAIL_KEY + email
            if email.strip():
                try:
                    return EMAIL_KEY + compared(checked_address(email))
                except NotAnEmail as error:
                    refused = Refused(email_heading, str(error), email)
        elif is_given(email):
            refused = Refused(email_heading, "is not text. Send one like name@example.com.", email)
        if type(phone) is str and phone.strip():
            try:
                number = read_phone(phone.strip(), country)
            except NotANumber:
                number = ""
            if is_dialable(number):
                return PHONE_KEY + number
        return refused or _missing(email_heading)

    return key


def _missing(heading: str) -> Refused:
    message = "is missing, and there is no telephone number with a country. Every row must have one of them."
    return Refused(heading, message, UNSET, ErrorCode.REQUIRED)
