"""Reasons why a relay cannot be used: in sentences that name the setting to look at, and no secret."""

from __future__ import annotations

import base64
import socket
import ssl

from aiosmtplib import SMTPAuthenticationError, SMTPHeloError, SMTPResponseException

from crm_graphql.core.texts import storable
from crm_graphql.delivery.vendors.port import VendorAccountFault, VendorUnavailable
from crm_graphql.delivery.vendors.smtp.outcomes import words_of
from crm_graphql.delivery.vendors.smtp.relay import Relay

_LOGIN = "CRM_SMTP_USERNAME and CRM_SMTP_PASSWORD"
_WAY = "CRM_SMTP_SECURITY and CRM_SMTP_PORT (mostly 587 for starttls, 465 for tls)"
_CAUSE_LIMIT = 300
_WANTS_LOGIN = frozenset({530, 535, 538})


def unusable(relay: Relay, error: Exception) -> VendorUnavailable:
    """Why no connection to it came about, with its login."""
    where = f"{relay.host}:{relay.port}"
    if not isinstance(error, SMTPResponseException):
        cause, mend = _cause(error, relay)
        return VendorUnavailable(f"{where} cannot be used: {cause}. Look at {mend}.")
    words = _without_password(words_of(error.code, error.message), relay)
    if not isinstance(error, SMTPAuthenticationError):
        return VendorUnavailable(f"{where} answers {words}{_mend_of(error)}")
    if 400 <= error.code < 500:
        return VendorUnavailable(f"{where} cannot log us in now: {words}")
    return VendorAccountFault(f"{where} refuses the login: {words}. Look at {_LOGIN}.")


def refuses_sender(relay: Relay, sender: str, code: int, text: str) -> str:
    """That it takes no mail from us."""
    mend = "CRM_SMTP_SENDER, CRM_SMTP_BOUNCE_ADDRESS and CRM_BOUNCES_DOMAIN"
    if code in _WANTS_LOGIN:
        mend = f"{_LOGIN}, and at CRM_SMTP_SECURITY"
    words = _without_password(words_of(code, text), relay)
    return f"{relay.host}:{relay.port} refuses mail from {sender}: {words}. Look at {mend}."


def _cause(error: Exception, relay: Relay) -> tuple[str, str]:
    """What happened, and the settings to look at."""
    if isinstance(error, TimeoutError):
        return "no answer in time", f"CRM_SMTP_HOST, {_WAY}"
    text = str(error)
    if relay.username and ("AUTH" in text or "authentication method" in text):
        return "it offers no login by PLAIN, LOGIN or CRAM-MD5", f"{_WAY}, and at {_LOGIN}"
    if "STARTTLS" in text:
        return "it does not offer STARTTLS", _WAY
    match _root(error):
        case ssl.SSLCertVerificationError() as root:
            words = root.verify_message.rstrip(".")
            return f"its certificate is not good: {words}", "CRM_SMTP_HOST and CRM_SMTP_CA_FILE"
        case ssl.SSLError():
            return "it does not speak TLS from the first byte", _WAY
        case socket.gaierror() | UnicodeError():
            return "its name leads nowhere", "CRM_SMTP_HOST"
        case root:
            shown = storable(" ".join(str(root).split()))[:_CAUSE_LIMIT] or type(root).__name__
            return shown, "CRM_SMTP_HOST and CRM_SMTP_PORT"


def _root(error: BaseException) -> BaseException:
    """What the library has wrapped."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _mend_of(error: SMTPResponseException) -> str:
    if error.code < 200:
        return ". That is no mail server: look at CRM_SMTP_HOST and CRM_SMTP_PORT."
    if isinstance(error, SMTPHeloError) and error.code >= 500:
        return ". Look at CRM_SMTP_HELLO_NAME."
    return ""


def _without_password(words: str, relay: Relay) -> str:
    """The words of a relay that repeats what it was told: what people see of them tells no secret."""
    if not relay.password:
        return words
    both = f"\0{relay.username}\0{relay.password}"
    for secret in (both, relay.password):
        for shown in (secret, base64.b64encode(secret.encode()).decode()):
            words = words.replace(shown, "***")
    return words
