"""Settings of a deployment that sends by a relay of the tests."""

from __future__ import annotations

from typing import Any

from crm_graphql.core.settings import Settings, load_settings
from crm_graphql.core.settings.smtp import SmtpSettings
from tests.servers.relay import Relay

LOGIN = ("somebody", "a-password-of-the-relay")


def relay_settings(relay: Relay, **changes: Any) -> Settings:
    """Those that reach it, in clear text, with its login where it wants one."""
    login = {"smtp_username": relay.login[0], "smtp_password": relay.login[1]} if relay.login else {}
    named = {
        "email_vendor": "smtp",
        "smtp_host": "127.0.0.1",
        "smtp_port": relay.port,
        "smtp_security": "none",
        "smtp_sender": "news@sender.example",
        "name": "Acme",
    }
    return load_settings(_env_file=None, **{**named, **login, **changes})


def vendor_changes(relay: Relay, **changes: Any) -> dict[str, Any]:
    """The same as changes to the settings of a deployment."""
    settings = relay_settings(relay, **changes)
    return {name: getattr(settings, name) for name in ("email_vendor", *SmtpSettings.model_fields)}
