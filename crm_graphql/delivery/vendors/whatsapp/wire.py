"""Messages as the Cloud API takes them, and its answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from crm_graphql.core.paging import Row
from crm_graphql.delivery.vendors.port import Attachment, OutgoingMessage, WhatsappTemplate
from crm_graphql.whatsapp.addresses import is_bsuid
from crm_graphql.whatsapp.template_parts import components, header_of_file

TEXT_LIMIT = 4_096
_SPACE = re.compile(r"\s+")


class _Taken(msgspec.Struct):
    id: str
    message_status: str | None = None


class _Answer(msgspec.Struct):
    messages: list[_Taken]


class _Uploaded(msgspec.Struct):
    id: str


_answer = msgspec.json.Decoder(_Answer)
_uploaded = msgspec.json.Decoder(_Uploaded)


def text_body(message: OutgoingMessage) -> dict[str, Any]:
    """A text to somebody who wrote lately."""
    return _addressed(message) | {"type": "text", "text": {"body": message.body, "preview_url": True}}


def template_body(
    message: OutgoingMessage, template: WhatsappTemplate, known: Row | None, header: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A template; `known` is what is known of it, `header` the file in its head."""
    values = [(name, one_line(value)) for name, value in template.parameters]
    return _addressed(message) | {
        "type": "template",
        "template": {
            "name": template.name,
            "language": {"code": template.language},
            "components": components(known, values, header),
        },
    }


def one_line(value: str) -> str:
    """A parameter's value as Meta takes it: no new lines, no tabs, no runs of spaces."""
    return _SPACE.sub(" ", value).strip()


def header_of(attachment: Attachment, uploaded_id: str) -> dict[str, Any]:
    """The parameter of a head with a file."""
    kind = header_of_file(attachment.content_type).lower()
    file = {"id": uploaded_id, **({"filename": attachment.filename} if kind == "document" else {})}
    return {"type": kind, kind: file}


def taken_id(answer: bytes) -> str:
    """The id of the message that was taken. Raises ValueError for what is no such answer."""
    messages = _answer.decode(answer).messages
    if not messages:
        raise ValueError("the answer names no message")
    return messages[0].id


def uploaded_id(answer: bytes) -> str:
    """The id of a file that was taken. Raises ValueError for what is no such answer."""
    return _uploaded.decode(answer).id


def _addressed(message: OutgoingMessage) -> dict[str, Any]:
    name = "recipient" if is_bsuid(message.address) else "to"
    return {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        name: message.address,
        "biz_opaque_callback_data": message.key,
    }
