"""Relay as the settings describe it: where it is, how it is protected, and who this one is to it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field

from crm_graphql.core.settings.smtp import SmtpSecurity


@dataclass(frozen=True, slots=True)
class Relay:
    """A server that takes mail, and who this one is to it."""

    host: str
    port: int
    security: SmtpSecurity
    hello_name: str
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""

    def context(self) -> ssl.SSLContext | None:
        """What its certificate is checked against. Reads files."""
        if self.security is SmtpSecurity.NONE:
            return None
        return ssl.create_default_context(cafile=self.ca_file or None)
