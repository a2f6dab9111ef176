"""Channel settings: which vendor carries each channel. Part of `Settings`."""

from __future__ import annotations

from enum import Enum

from pydantic import Field
from pydantic_settings import BaseSettings


class EmailVendor(Enum):
    """Who carries e-mail."""

    SIMULATOR = "simulator"
    SMTP = "smtp"


class SmsVendor(Enum):
    """Who carries SMS."""

    SIMULATOR = "simulator"
    TWILIO = "twilio"


class WhatsappVendor(Enum):
    """Who carries WhatsApp messages."""

    SIMULATOR = "simulator"
    WHATSAPP_CLOUD = "whatsapp-cloud"


class ChannelSettings(BaseSettings):
    """Channels: which vendor carries each. In development it is the simulator, whatever stands here."""

    email_vendor: EmailVendor = Field(EmailVendor.SIMULATOR, description="Of e-mail: simulator, or smtp.")
    sms_vendor: SmsVendor = Field(SmsVendor.SIMULATOR, description="Of SMS: simulator, or twilio.")
    whatsapp_vendor: WhatsappVendor = Field(
        WhatsappVendor.SIMULATOR, description="Of WhatsApp messages: simulator, or whatsapp-cloud."
    )
