"""Policy of how headers become lines: folded as people know them, but for those that programs read whole."""

from __future__ import annotations

from email.header import Header
from email.headerregistry import Address
from email.policy import EmailPolicy
from typing import Any

ONE_LINE = frozenset({"list-unsubscribe", "list-unsubscribe-post", "feedback-id", "list-id", "message-id"})
"""Folded, a value without spaces becomes RFC 2047 words, which no mail program takes for an address: there is
no button to unsubscribe then."""
LINE_OCTETS = 998
"""RFC 5322, section 2.1.1, without CRLF."""


class MailPolicy(EmailPolicy):
    """That of messages here: CRLF, and seven bits, so that no relay converts what was signed."""

    def __init__(self, **changes: Any) -> None:
        # RFC 2047: the words of what is not ASCII are 75 at the most, and a space before them.
        own = {"linesep": "\r\n", "cte_type": "7bit", "max_line_length": 76}
        super().__init__(**{**own, **changes})

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The header's lines."""
        if name.lower() in ONE_LINE:
            return f"{name}: {value}\r\n".encode()
        if addresses := getattr(value, "addresses", ()):
            (address,) = addresses
            return f"{name}: {_written(name, address)}\r\n".encode()
        return super().fold_binary(name, value)


def _written(header: str, address: Address) -> str:
    """The address with its name. The library takes a long name out of its quotes to fold it, and whatever it
    holds may be an address of its own then: a@b.example, and so on. Words of RFC 2047 are read by some within
    quotes too: they are encoded once more."""
    name = address.display_name
    if name.isascii() and "=?" not in name:
        return str(address)
    words = Header(name, "utf-8", maxlinelen=76, header_name=header).encode(linesep="\r\n")
    return f"{words}\r\n <{address.addr_spec}>"


POLICY = MailPolicy()
UTF8_POLICY = MailPolicy(utf8=True)
"""For addresses whose local part is not ASCII."""
