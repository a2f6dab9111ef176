"""Building of one message: the same bytes each time, from what its key and its moment say."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from email.errors import MessageError
from email.generator import BytesGenerator
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from io import BytesIO

import httpx
from bson import ObjectId

from crm_graphql.core.mailboxes import Mailbox, NoMailbox
from crm_graphql.delivery.vendors.mail.policy import LINE_OCTETS, POLICY, UTF8_POLICY
from crm_graphql.delivery.vendors.port import Attachment, OutgoingMessage

ONE_CLICK = "List-Unsubscribe=One-Click"
"""RFC 8058: the whole of what a mail program posts."""

_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_HEADER_NAME = re.compile(rb"^([!-9;-~]+):", re.MULTILINE)
_PARAMETER = re.compile(r"[^\w.\- ()]")


class Unbuildable(ValueError):
    """What the message holds cannot be sent as e-mail; the message says why, for the ledger."""


@dataclass(frozen=True, slots=True)
class MailSender:
    """Who mail is from. `feedback_id` names them to those who count complaints: 5 to 15 characters, and
    always the same."""

    mailbox: Mailbox
    name: str
    feedback_id: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A message as it is handed over, and to whom."""

    recipient: Mailbox
    content: bytes


def build(message: OutgoingMessage, sender: MailSender) -> Mail:
    """The mail. Raises NoMailbox for an address that no server takes, and Unbuildable."""
    recipient = Mailbox.of(message.address)
    mail = EmailMessage(UTF8_POLICY if recipient.needs_utf8 else POLICY)
    try:
        _put_headers(mail, message, sender, recipient)
        names = [name.lower() for name in mail]
        _put_parts(mail, message)
        _name_boundaries(mail, message.key)
        buffer = BytesIO()
        BytesGenerator(buffer, mangle_from_=False).flatten(mail)
    except (MessageError, UnicodeError) as error:
        raise Unbuildable(f"It cannot be written as e-mail: {type(error).__name__}.") from None
    content = buffer.getvalue()
    _check_head(content, names)
    return Mail(recipient, content)


def sender_id(domain: str) -> str:
    """The last part of Feedback-ID for a domain: itself, or where that is too long or short a hash of it."""
    return domain if 5 <= len(domain) <= 15 else hashlib.sha256(domain.encode()).hexdigest()[:15]


def _put_headers(
    mail: EmailMessage, message: OutgoingMessage, sender: MailSender, recipient: Mailbox
) -> None:
    _put_address(mail, "From", sender.mailbox, message.from_name or sender.name)
    _put_address(mail, "To", recipient)
    if message.reply_to:
        _put_address(mail, "Reply-To", _reply_to(message.reply_to))
    _put(mail, "Subject", (message.subject or "").replace("\t", " "))
    moment = message.created_at or ObjectId(message.key.partition("-")[0]).generation_time
    _put(mail, "Date", format_datetime(moment))
    _put(mail, "Message-ID", f"<{message.key}@{sender.mailbox.domain}>")
    if message.unsubscribe_url is not None:
        _put(mail, "List-Unsubscribe", f"<{_ascii_url(message.unsubscribe_url)}>")
        _put(mail, "List-Unsubscribe-Post", ONE_CLICK)
        _put(mail, "List-Id", f"<campaigns.{sender.mailbox.domain}>")
    if message.tag:
        _put(mail, "Feedback-ID", f"{message.tag}:email:crm:{sender.feedback_id}")


def _put_address(mail: EmailMessage, header: str, mailbox: Mailbox, name: str = "") -> None:
    try:
        address = Address(name, mailbox.local, mailbox.domain)
    except (ValueError, MessageError):
        raise Unbuildable(f"{header} cannot hold what is in it.") from None
    _put(mail, header, address)


def _put(mail: EmailMessage, name: str, value: str | Address) -> None:
    """Set a header. The library refuses line breaks, but reads the words of RFC 2047 first, which may hold
    them: a person called =?utf-8?q?x=0D=0ABcc=3A_y=40z?= would be a header of their own."""
    try:
        mail[name] = value
    except (ValueError, IndexError):
        raise Unbuildable(f"{name} cannot hold what is in it.") from None
    if _NOT_IN_A_LINE.search(str(mail[name])):
        raise Unbuildable(f"{name} holds line breaks or other signs that nobody can see.")


def _ascii_url(url: str) -> str:
    """As a header may hold it, where CRM_PUBLIC_URL has a name beyond ASCII: mail programs show no button for
    another."""
    if url.isascii():
        return url
    try:
        read = httpx.URL(url)
    except httpx.InvalidURL:
        raise Unbuildable("List-Unsubscribe cannot hold the address in it.") from None
    return f"{read.scheme}://{read.netloc.decode()}{read.raw_path.decode()}"


def _reply_to(address: str) -> Mailbox:
    try:
        mailbox = Mailbox.of(address)
    except NoMailbox as error:
        raise Unbuildable(f"Reply-To: {error}") from None
    if mailbox.needs_utf8:
        raise Unbuildable("Reply-To: its local part is not ASCII.")
    return mailbox


def _put_parts(mail: EmailMessage, message: OutgoingMessage) -> None:
    mail.set_content(_UNSENDABLE.sub("", message.body))
    if message.html is not None:
        # Last is best: who can show it shows it.
        mail.add_alternative(_UNSENDABLE.sub("", message.html), subtype="html")
    for attachment in message.attachments:
        _attach(mail, attachment)


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    kind, _, subtype = attachment.content_type.partition(";")[0].strip().partition("/")
    name = _PARAMETER.sub("_", attachment.filename)
    mail.add_attachment(attachment.content, maintype=kind, subtype=subtype, filename=name)


def _name_boundaries(mail: EmailMessage, key: str) -> None:
    """The library draws them: the same message would be other bytes each time."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"={digest}-{number}")


def _check_head(content: bytes, names: list[str]) -> None:
    """Raise Unbuildable where the head is another than was put there, or a line too long for servers."""
    head, _, _ = content.partition(b"\r\n\r\n")
    found = [name.decode().lower() for name in _HEADER_NAME.findall(head)]
    own = {"content-type", "content-transfer-encoding", "mime-version"}
    if [name for name in found if name not in own] != names:
        raise Unbuildable("Its head would hold other lines than were meant.")
    if max(map(len, head.split(b"\r\n"))) > LINE_OCTETS:
        raise Unbuildable(f"A line of its head would have more than {LINE_OCTETS} bytes.")
