"""WhatsApp settings: the account at Meta, its secrets and its limits. Part of `Settings`."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings


class WhatsappSettings(BaseSettings):
    """WhatsApp: the account of the Cloud API, its secrets and its limits."""

    whatsapp_phone_number_id: str = Field(
        "",
        pattern=r"^[0-9]{0,30}$",
        description="The id (not the number) of the phone number that sends, from Meta's WhatsApp Manager.",
    )
    whatsapp_account_id: str = Field(
        "",
        pattern=r"^[0-9]{0,30}$",
        description="The id of the WhatsApp Business Account, whose templates are read.",
    )
    whatsapp_access_token: SecretStr = Field(
        SecretStr(""),
        description="A system user's token: it needs whatsapp_business_messaging and _management.",
    )
    whatsapp_app_secret: SecretStr = Field(
        SecretStr(""), description="The Meta app's secret: its webhooks are signed with it."
    )
    whatsapp_verify_token: SecretStr = Field(
        SecretStr(""), description="Any text of yours that is also entered where Meta asks for the webhook."
    )
    whatsapp_graph_url: str = Field(
        "https://graph.facebook.com/v23.0", description="The Graph API with its version."
    )
    whatsapp_rate_per_second: Annotated[float, Field(gt=0, le=1_000)] = Field(
        75.0, description="Messages a second of the number, in and out together; Meta's limit is 80."
    )
    whatsapp_portfolio_limit: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        250,
        description="How many people may be sent templates in any 24 hours (250, 2000, 10000, 100000), as "
        "WhatsApp Manager shows it. 0: unlimited.",
    )

    def require_whatsapp(self) -> None:
        """Raise ValueError, naming them, for settings without which nothing can be sent."""
        needed = {
            "CRM_WHATSAPP_PHONE_NUMBER_ID": self.whatsapp_phone_number_id,
            "CRM_WHATSAPP_ACCOUNT_ID": self.whatsapp_account_id,
            "CRM_WHATSAPP_ACCESS_TOKEN": self.whatsapp_access_token.get_secret_value(),
            "CRM_WHATSAPP_APP_SECRET": self.whatsapp_app_secret.get_secret_value(),
            "CRM_WHATSAPP_VERIFY_TOKEN": self.whatsapp_verify_token.get_secret_value(),
        }
        if missing := [name for name, value in needed.items() if not value]:
            raise ValueError(f"CRM_WHATSAPP_VENDOR=whatsapp-cloud needs {', '.join(missing)} too")

    @field_validator("whatsapp_access_token")
    @classmethod
    def _can_be_sent(cls, token: SecretStr) -> SecretStr:
        value = token.get_secret_value()
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise ValueError("holds a sign that no token has, perhaps one that cannot be seen: copy it again")
        return token

    @field_validator("whatsapp_graph_url")
    @classmethod
    def _is_graph_address(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{address!r} is not an address like https://graph.facebook.com/v23.0")
        if parts.username is not None:
            raise ValueError("holds credentials: the token goes into CRM_WHATSAPP_ACCESS_TOKEN")
        return address.rstrip("/")
