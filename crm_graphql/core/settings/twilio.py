"""Twilio settings: the account that sends SMS, its secrets and its limits. Part of `Settings`."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings


class TwilioSettings(BaseSettings):
    """Twilio: the account that sends SMS, its secrets and its limits."""

    twilio_account_sid: str = Field(
        "", pattern=r"^(AC[0-9a-fA-F]{32})?$", description="The account's SID (AC...), from Twilio's console."
    )
    twilio_auth_token: SecretStr = Field(
        SecretStr(""), description="The account's token: it signs what Twilio calls here, and signs in."
    )
    twilio_api_key: str = Field(
        "",
        pattern=r"^(SK[0-9a-fA-F]{32})?$",
        description="An API key (SK...) that signs in instead of the token: it can be withdrawn alone.",
    )
    twilio_api_secret: SecretStr = Field(SecretStr(""), description="The API key's secret.")
    twilio_sender: str = Field(
        "",
        pattern=r"^(\+[1-9][0-9]{4,14}|MG[0-9a-fA-F]{32}|[A-Za-z0-9 ]{1,11})?$",
        description="Who SMS are from: a number (+15005550006), a short code, a Messaging Service (MG...), "
        "or a name of up to 11 letters, to which nobody can reply STOP.",
    )
    twilio_segments_per_second: Annotated[float, Field(ge=0, le=10_000)] = Field(
        0.0,
        description="The sender's limit: 1 for a long code of the United States, 100 for a short code. 0: "
        "none; then Twilio keeps what is too much in its queue, for up to ten hours.",
    )
    twilio_connections: Annotated[int, Field(ge=1, le=100)] = Field(
        16, description="Messages that one call of a sender hands over at once."
    )
    twilio_smart_encoded: bool = Field(
        False,
        description="Have Twilio write curly quotes, dashes and the like as plain ones, for fewer segments.",
    )
    twilio_signing_secret: SecretStr = Field(
        SecretStr(""), description="The shared key's secret, where Twilio signs its calls with one (SHA-256)."
    )
    twilio_url: str = Field("https://api.twilio.com", description="Twilio's API; another region has its own.")

    def require_twilio(self) -> None:
        """Raise ValueError, naming what is missing, unless SMS can be sent and what became of them told."""
        needed = {
            "CRM_TWILIO_ACCOUNT_SID": self.twilio_account_sid,
            "CRM_TWILIO_AUTH_TOKEN": self.twilio_auth_token.get_secret_value(),
            "CRM_TWILIO_SENDER": self.twilio_sender,
        }
        if missing := [variable for variable, value in needed.items() if not value]:
            raise ValueError(f"CRM_SMS_VENDOR=twilio needs {' and '.join(missing)}")

    @model_validator(mode="after")
    def _key_with_secret(self) -> Self:
        if bool(self.twilio_api_key) is not bool(self.twilio_api_secret.get_secret_value()):
            raise ValueError("CRM_TWILIO_API_KEY and CRM_TWILIO_API_SECRET go together: set both or none")
        return self
