"""Senders of e-mail as people name them: what a name beside the address holds, and where answers may go."""

from __future__ import annotations

from dataclasses import dataclass

from crm_graphql.core.emails import NotAnEmail, checked_address
from crm_graphql.core.errors import ErrorCode
from crm_graphql.core.mailboxes import Mailbox, NoMailbox
from crm_graphql.core.texts import is_one_line

NAME_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Sender:
    """The name beside the address, and where answers go; None of either: as the operator says."""

    name: str | None = None
    reply_to: str | None = None


class NotASenderName(ValueError):
    """The text is no name to stand beside an address; the message follows the field's name."""

    def __init__(self, message: str, code: ErrorCode = ErrorCode.INVALID) -> None:
        super().__init__(message)
        self.code = code


def check_sender_name(name: str) -> None:
    """Raise NotASenderName for what no message could go out with."""
    if not name.strip():
        raise NotASenderName("is empty; leave it out for the deployment's.")
    if len(name) > NAME_LIMIT:
        text = f"has {len(name)} characters; at most {NAME_LIMIT} are allowed."
        raise NotASenderName(text, ErrorCode.LIMIT_EXCEEDED)
    # Programs read =?utf-8?q?...?= as other letters (RFC 2047), which may be a line break and a header.
    if "=?" in name or not is_one_line(name):
        raise NotASenderName("holds characters that a name does not have, like a line break.")
    if "{{" in name or "{%" in name:
        raise NotASenderName("is the same for everybody: it is no template.")


def checked_reply_to(text: str) -> str:
    """The plain address in `text`, to which any mail server takes answers. Raises NotAnEmail."""
    address = checked_address(text)
    try:
        mailbox = Mailbox.of(address)
    except NoMailbox:
        raise NotAnEmail("has a domain that is none. Send an address like name@example.com.") from None
    if mailbox.needs_utf8:
        raise NotAnEmail("has letters before the @ that not every mail server takes: use a to z.")
    return address
