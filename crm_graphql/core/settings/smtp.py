"""SMTP settings: the relay that takes e-mail, who it is from, and how it is signed. Part of `Settings`."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

_ADDRESS = re.compile(
    r"[^\s@<>\"(),:;\\\[\]]{1,64}@(?=.{1,255}\Z)[^\s@<>\"(),:;\\\[\].]+(\.[^\s@<>\"(),:;\\\[\].]+)*"
)
_HOST = re.compile(r"[\w.\-]{1,253}|[0-9a-fA-F:.]+:[0-9a-fA-F:.]*")
"""A name, in any script, or an address of the internet, of either kind."""
_HELLO = re.compile(r"[A-Za-z0-9.\-]{1,253}|\[[0-9a-zA-Z:.]+\]")
_LABELS = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_\-]{1,63}(\.[A-Za-z0-9_\-]{1,63})*")
_ON_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


class SmtpSecurity(Enum):
    """What protects the connection to the relay."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class SmtpSettings(BaseSettings):
    """SMTP: the relay that takes e-mail, who it is from, and how it is signed."""

    smtp_host: str = Field("", description="The relay: smtp.example.com. Needed for CRM_EMAIL_VENDOR=smtp.")
    smtp_port: Annotated[int, Field(ge=1, le=65535)] = Field(
        587, description="Its port: 587 for starttls, 465 for tls."
    )
    smtp_security: SmtpSecurity = Field(
        SmtpSecurity.STARTTLS,
        description="starttls (a relay that does not offer it is not used), tls from the first byte, or "
        "none: only for a relay on this machine or a network that nobody else is on.",
    )
    smtp_ca_file: str = Field(
        "", description="Certificates (PEM) that the relay's is checked against; the machine's own if empty."
    )
    smtp_username: str = Field("", description="Who logs in; empty for a relay that wants no login.")
    smtp_password: SecretStr = Field(SecretStr(""), description="The password for it.")
    smtp_hello_name: str = Field(
        "", description="How this machine calls itself (EHLO); the domain of CRM_SMTP_SENDER if empty."
    )

    smtp_sender: str = Field(
        "", description="Who e-mail is from: news@example.com. Needed for CRM_EMAIL_VENDOR=smtp."
    )
    smtp_sender_name: str = Field(
        "", max_length=200, description="The name beside it; CRM_NAME if empty. A campaign's own goes first."
    )
    smtp_bounce_address: str = Field(
        "",
        description="Where returned mail goes (the envelope's sender) without CRM_BOUNCES_DOMAIN; "
        "CRM_SMTP_SENDER if empty.",
    )

    smtp_connections: Annotated[int, Field(ge=1, le=64)] = Field(
        4, description="Connections to the relay that one consumer process keeps: one message each at a time."
    )
    smtp_messages_per_connection: Annotated[int, Field(ge=1, le=100_000)] = Field(
        100, description="After so many a connection is opened anew; many relays cut it at some number."
    )
    smtp_idle_seconds: Annotated[float, Field(gt=0, le=280)] = Field(
        60.0, description="A connection that was not used for so long is closed; relays close after minutes."
    )
    smtp_rate_per_second: Annotated[float, Field(ge=0, le=100_000)] = Field(
        0.0, description="The relay's own limit, messages a second over all processes. 0: none."
    )
    smtp_deadline_seconds: Annotated[float, Field(gt=0, le=3600)] = Field(
        1200.0,
        description="How long a message may take; half of it is for the answer once the relay has all of it. "
        "That may take ten minutes (RFC 5321), and giving up before leaves messages of which nobody knows "
        "whether they were sent.",
    )

    smtp_dkim_domain: str = Field(
        "", description="Sign with DKIM as this domain, for a relay that does not. Empty: unsigned."
    )
    smtp_dkim_selector: str = Field("", description="The selector under which the public key is published.")
    smtp_dkim_key: SecretStr = Field(SecretStr(""), description="The private key (PEM), RSA.")
    smtp_dkim_key_file: str = Field("", description="Or the file that holds it.")

    @field_validator("smtp_sender", "smtp_bounce_address")
    @classmethod
    def _is_address(cls, address: str) -> str:
        if address and not _ADDRESS.fullmatch(address):
            raise ValueError(f"{address!r} is not an address like news@example.com; names go elsewhere")
        return address

    @field_validator("smtp_host")
    @classmethod
    def _is_host(cls, host: str) -> str:
        if host and not _HOST.fullmatch(host):
            raise ValueError(
                f"{host!r} is no name of a server like smtp.example.com; the port goes elsewhere"
            )
        return host

    @field_validator("smtp_hello_name")
    @classmethod
    def _is_hello(cls, name: str) -> str:
        if name and not _HELLO.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a machine in ASCII like crm.example.com")
        return name

    @field_validator("smtp_dkim_domain", "smtp_dkim_selector")
    @classmethod
    def _is_in_dns(cls, name: str) -> str:
        if name and (not _LABELS.fullmatch(name) or "_domainkey" in name):
            raise ValueError(
                f"{name!r} is none: of s1._domainkey.example.com the selector is s1, the domain example.com, "
                "in ASCII"
            )
        return name

    @field_validator("smtp_sender_name")
    @classmethod
    def _is_one_line(cls, text: str) -> str:
        if not text.isprintable() or "=?" in text:
            raise ValueError("holds characters that nobody can see, or =?, which may stand for some")
        return text

    def require_smtp(self) -> None:
        """Raise ValueError, naming the setting, for what is missing or contradicts itself."""
        for name in ("smtp_host", "smtp_sender"):
            if not getattr(self, name):
                raise ValueError(f"CRM_EMAIL_VENDOR is smtp: set CRM_{name.upper()}")
        if bool(self.smtp_username) is not bool(self.smtp_password.get_secret_value()):
            raise ValueError("CRM_SMTP_USERNAME and CRM_SMTP_PASSWORD belong together: set both, or neither")
        is_open = self.smtp_security is SmtpSecurity.NONE and self.smtp_host not in _ON_THIS_MACHINE
        if self.smtp_username and is_open:
            raise ValueError(
                "CRM_SMTP_SECURITY is none, and CRM_SMTP_PASSWORD would travel for all to read: set starttls "
                "or tls"
            )
        if self.smtp_ca_file and not _is_file(self.smtp_ca_file):
            raise ValueError(f"CRM_SMTP_CA_FILE: there is no file {self.smtp_ca_file}")
        self._require_whole_dkim()

    def _require_whole_dkim(self) -> None:
        keys = [bool(self.smtp_dkim_key.get_secret_value()), bool(self.smtp_dkim_key_file)]
        if all(keys):
            raise ValueError("CRM_SMTP_DKIM_KEY and CRM_SMTP_DKIM_KEY_FILE are both set: keep one")
        given = {
            "CRM_SMTP_DKIM_DOMAIN": bool(self.smtp_dkim_domain),
            "CRM_SMTP_DKIM_SELECTOR": bool(self.smtp_dkim_selector),
            "CRM_SMTP_DKIM_KEY or CRM_SMTP_DKIM_KEY_FILE": any(keys),
        }
        if any(given.values()) and not all(given.values()):
            missing = ", ".join(name for name, is_set in given.items() if not is_set)
            raise ValueError(f"DKIM is set in part: set {missing} as well")
        if self.smtp_dkim_key_file and not _is_file(self.smtp_dkim_key_file):
            raise ValueError(f"CRM_SMTP_DKIM_KEY_FILE: there is no file {self.smtp_dkim_key_file}")


def _is_file(path: str) -> bool:
    try:
        return Path(path).is_file()
    except OSError:
        # Within a folder that this user may not look into.
        return False
