"""Addresses as mail servers take them: the domain in ASCII, and the local part as it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import idna

_ENDS_AN_ADDRESS = re.compile(r"[\s<>\"\x00-\x1f\x7f-\x9f]")
_LOCAL_OCTETS = 64
_DOMAIN_OCTETS = 255


class NoMailbox(ValueError):
    """The text is no address that a mail server can take; the message says why."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One address. `domain` is ASCII; only `local` may be more, and then servers must know SMTPUTF8."""

    local: str
    domain: str

    @classmethod
    def of(cls, address: str) -> Mailbox:
        """Raises NoMailbox."""
        local, _, domain = address.rpartition("@")
        # Nothing that would end the address within a command, or begin another.
        if not local or not domain or _ENDS_AN_ADDRESS.search(address):
            raise NoMailbox("The address is none.")
        ascii_domain = _ascii(domain)
        if len(local.encode()) > _LOCAL_OCTETS or len(ascii_domain) > _DOMAIN_OCTETS:
            raise NoMailbox("The address is too long.")
        return cls(local, ascii_domain)

    @property
    def address(self) -> str:
        """The whole."""
        return f"{self.local}@{self.domain}"

    @property
    def needs_utf8(self) -> bool:
        """Whether every server on its way must know SMTPUTF8."""
        return not self.local.isascii()


def _ascii(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        # Not the codec "idna": that is IDNA 2003, and sends what is for faß.de to fass.de.
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise NoMailbox("The domain of the address is none.") from None
