"""Settings of a deployment: `CRM_*` environment variables or a `.env` file.

A setting stands with its concern, and its validators with it: `deployment`, `access`, `documents`,
`ingestion`, `files`, `delivery`, `channels`, one for each vendor (`smtp`, `twilio`, `whatsapp`), `returned`,
`assistant`. `Settings` puts them together. A new one is written there and in `.env.example`, and nowhere
else; a test compares the two. Every list is a `lists.SettingsList`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from crm_graphql.core.settings.access import AccessSettings
from crm_graphql.core.settings.assistant import AssistantSettings
from crm_graphql.core.settings.channels import ChannelSettings, EmailVendor, SmsVendor, WhatsappVendor
from crm_graphql.core.settings.delivery import DeliverySettings, webhook_secret_problem
from crm_graphql.core.settings.deployment import BusKind, DeploymentSettings
from crm_graphql.core.settings.documents import DocumentSettings
from crm_graphql.core.settings.files import FileSettings, StorageKind
from crm_graphql.core.settings.ingestion import IngestionSettings
from crm_graphql.core.settings.returned import ReturnedMailSettings
from crm_graphql.core.settings.smtp import SmtpSettings
from crm_graphql.core.settings.twilio import TwilioSettings
from crm_graphql.core.settings.whatsapp import WhatsappSettings
from crm_graphql.core.zones import zone_of

__all__ = [
    "MIN_SECRET_BYTES",
    "BusKind",
    "Settings",
    "SettingsError",
    "StorageKind",
    "load_settings",
    "sections",
]

MIN_SECRET_BYTES = 32


class SettingsError(Exception):
    """The settings cannot be used; the message names each variable and says what to do."""


class Settings(
    DeploymentSettings,
    AccessSettings,
    DocumentSettings,
    IngestionSettings,
    FileSettings,
    DeliverySettings,
    ChannelSettings,
    SmtpSettings,
    TwilioSettings,
    WhatsappSettings,
    ReturnedMailSettings,
    AssistantSettings,
):
    """The settings, each with its unit in its name and a default that is safe."""

    model_config = SettingsConfigDict(
        env_prefix="CRM_", env_file=".env", extra="ignore", frozen=True, str_strip_whitespace=True
    )

    @model_validator(mode="after")
    def _vendors_have_what_they_need(self) -> Self:
        if self.email_vendor is EmailVendor.SMTP:
            self.require_smtp()
        if self.sms_vendor is SmsVendor.TWILIO:
            self.require_twilio()
        if self.whatsapp_vendor is WhatsappVendor.WHATSAPP_CLOUD:
            self.require_whatsapp()
        return self

    @property
    def pages_url(self) -> str:
        """Where the pages for people are, without a slash at the end."""
        return (self.front_end_url or self.public_url).rstrip("/")

    @property
    def files_dir(self) -> Path:
        """The folder of files, where a folder keeps them."""
        return Path(self.storage_dir) if self.storage_dir else self.data_dir / "files"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone whose days are meant."""
        return zone_of(self.time_zone)

    def local(self, moment: datetime) -> datetime:
        """The same moment in that zone: a rule that is asked at it means days of the zone."""
        return moment.astimezone(self.zone)

    @property
    def prepares_itself(self) -> bool:
        """Whether a process migrates the database by itself: in development, and where it is the only one."""
        return self.development or self.bus is BusKind.EMBEDDED

    def require_secrets(self) -> None:
        """Raise SettingsError, naming the variable, for a secret that is missing or weak."""
        for name in ("secret_key", "webhook_secret"):
            value = getattr(self, name).get_secret_value()
            variable = f"CRM_{name.upper()}"
            if not value:
                raise SettingsError(
                    f"{variable} is not set. Set it to a random value: openssl rand -base64 48"
                )
            if len(value.encode()) < MIN_SECRET_BYTES or len(set(value)) < 10:
                raise SettingsError(
                    f"{variable} is too weak: at least {MIN_SECRET_BYTES} random bytes are needed. "
                    "Make one with: openssl rand -base64 48"
                )
        problem = webhook_secret_problem(self.webhook_secret.get_secret_value())
        if problem is not None:
            raise SettingsError(f"CRM_WEBHOOK_SECRET {problem} Make one with: openssl rand -base64 48")


def load_settings(**overrides: object) -> Settings:
    """The settings from the environment and `.env`. Raises SettingsError that names each bad variable."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        raise SettingsError("\n".join(map(_told, error.errors(include_url=False)))) from None


def _told(problem: ErrorDetails) -> str:
    """One line that names the variable and the reason."""
    name = "_".join(str(part) for part in problem["loc"][:1])
    # Not "Value error, ...": that is pydantic's name for what a validator of ours says.
    reason = str(problem["ctx"]["error"]) if problem["type"] == "value_error" else problem["msg"]
    if problem["type"] == "string_pattern_mismatch" and (known := Settings.model_fields.get(name)):
        # A pattern says to few people what is wanted.
        reason = f"it is not of the form that it needs. {known.description}"
    return f"CRM_{name.upper() or '*'}: {reason}"


def sections() -> Iterator[tuple[str, list[str]]]:
    """The concerns in the order in which they are explained: what each is about, and its settings' names."""
    for concern in Settings.__bases__:
        assert issubclass(concern, BaseSettings)
        yield (concern.__doc__ or "").strip(), list(concern.model_fields)
