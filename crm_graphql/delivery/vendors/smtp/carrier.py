"""Carrier of e-mail by SMTP, as the settings describe the relay."""

from __future__ import annotations

from pathlib import Path

from crm_graphql.core.mailboxes import Mailbox, NoMailbox
from crm_graphql.core.settings import Settings, SettingsError
from crm_graphql.core.texts import is_one_line
from crm_graphql.delivery.pace import vendor_pace
from crm_graphql.delivery.vendors.carrier import Carrier
from crm_graphql.delivery.vendors.mail.building import MailSender, sender_id
from crm_graphql.delivery.vendors.mail.signing import DkimSigner, KeyUnusable
from crm_graphql.delivery.vendors.smtp.pool import Pool, PoolLimits
from crm_graphql.delivery.vendors.smtp.relay import Relay
from crm_graphql.delivery.vendors.smtp.vendor import SmtpVendor
from crm_graphql.delivery.vendors.smtp.verp import envelope_sender


def smtp_carrier(settings: Settings) -> Carrier:
    """The carrier; it connects when it first sends. Raises SettingsError, naming the setting."""
    mailbox = _mailbox(settings.smtp_sender, "CRM_SMTP_SENDER")
    name = settings.smtp_sender_name or settings.name
    if not is_one_line(name):
        raise SettingsError("CRM_NAME stands beside the sender's address: it must be one line.")
    returned_to = mailbox.address
    if settings.smtp_bounce_address:
        returned_to = _mailbox(settings.smtp_bounce_address, "CRM_SMTP_BOUNCE_ADDRESS").address
    relay = Relay(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.smtp_hello_name or mailbox.domain,
        settings.smtp_username,
        settings.smtp_password.get_secret_value(),
        settings.smtp_ca_file,
    )
    limits = PoolLimits(
        settings.smtp_connections, settings.smtp_messages_per_connection, settings.smtp_idle_seconds
    )
    vendor = SmtpVendor(
        Pool(relay, limits),
        MailSender(mailbox, name, sender_id(mailbox.domain)),
        lambda key: envelope_sender(key, settings) or returned_to,
        batch_limit=settings.smtp_connections,
        signer=_signer(settings),
    )
    return Carrier(
        vendor,
        pace=vendor_pace(vendor.name, settings.smtp_rate_per_second),
        deadline_seconds=settings.smtp_deadline_seconds,
        sender=mailbox.address,
        sender_name=name or None,
    )


def _mailbox(address: str, setting: str) -> Mailbox:
    try:
        mailbox = Mailbox.of(address)
    except NoMailbox as error:
        raise SettingsError(f"{setting}: {error}") from None
    if mailbox.needs_utf8:
        raise SettingsError(f"{setting}: not every server takes a local part that is not ASCII.")
    return mailbox


def _signer(settings: Settings) -> DkimSigner | None:
    if not settings.smtp_dkim_domain:
        return None
    file = settings.smtp_dkim_key_file
    try:
        key = Path(file).read_text() if file else settings.smtp_dkim_key.get_secret_value()
        return DkimSigner(domain=settings.smtp_dkim_domain, selector=settings.smtp_dkim_selector, key=key)
    except (OSError, UnicodeError, KeyUnusable) as error:
        named = "CRM_SMTP_DKIM_KEY_FILE" if file else "CRM_SMTP_DKIM_KEY"
        reason = error if isinstance(error, KeyUnusable) else "cannot be read"
        raise SettingsError(f"{named} {reason}.") from None
