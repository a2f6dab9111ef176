"""The files of a campaign: what goes with a message, and what stands in the head of a WhatsApp template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.variants import texts_of
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.errors import Faults, InvalidInput, LimitExceeded
from crm_graphql.core.paging import Row
from crm_graphql.media.documents import MediaStatus
from crm_graphql.media.queries import media_by_ids

ATTACHMENTS_LIMIT = 10
ATTACHMENTS_BYTES = 10_000_000
"""All of a message together. As mail they are a third larger, and many servers take no more than 20 MB."""
HEADER_BYTES: Mapping[str, int] = {"image/jpeg": 5_000_000, "image/png": 5_000_000}
"""How large pictures may be in the head of a WhatsApp template."""
DOCUMENT_BYTES = 16_000_000
_NO_HEADERS = ("image/", "text/")


def header_media(message: Mapping[str, Any] | None) -> ObjectId | None:
    """The file in the head of a stored message's template."""
    whatsapp = (message or {}).get("whatsapp")
    key: ObjectId | None = whatsapp and whatsapp.get("header_media_id")
    return key


async def check_files(campaign: Row, faults: Faults) -> None:
    """Note, each at its place, what is wrong with the files of a campaign, stored or about to be: its channel
    has none, they are not there, not ready, or too large."""
    attached: Sequence[ObjectId] = campaign.get("attachment_ids") or ()
    texts = [(place, header_media(message)) for place, message in texts_of(campaign)]
    headers = [(place, header) for place, header in texts if header is not None]
    if not attached and not headers:
        return
    found = await media_by_ids([*attached, *(header for _, header in headers)])
    with faults.noted("attachmentIds"):
        _check_attached(Channel(campaign["channel"]), attached)
        for number, key in enumerate(attached):
            with faults.noted("attachmentIds", str(number)):
                _ready(found.get(key))
        total = sum(found[key]["size_bytes"] for key in attached if key in found)
        if total > ATTACHMENTS_BYTES:
            message = f"The files have {total:,} bytes; at most {ATTACHMENTS_BYTES:,} can be attached."
            raise LimitExceeded(message)
    for place, header in headers:
        with faults.noted(*place, "message", "whatsapp", "headerMediaId"):
            _check_header(_ready(found.get(header)))


def _check_attached(channel: Channel, attached: Sequence[ObjectId]) -> None:
    if attached and not TRAITS[channel].has_subject:
        raise InvalidInput("Only an email has attachments. Leave them out.")
    if len(attached) > ATTACHMENTS_LIMIT:
        raise LimitExceeded(f"At most {ATTACHMENTS_LIMIT} files can be attached.")
    if len({*attached}) < len(attached):
        raise InvalidInput("A file is attached twice.")


def _ready(media: Row | None) -> Row:
    if media is None:
        raise InvalidInput("There is no such file; it may have been deleted. Choose another.")
    if media["status"] == MediaStatus.REJECTED.value:
        raise InvalidInput("The file was rejected: there is nothing to send.")
    if media["status"] != MediaStatus.READY.value:
        raise InvalidInput("The file is not READY yet. Try it again in a moment.")
    return media


def _check_header(media: Row) -> None:
    kind, size = media["content_type"], media["size_bytes"]
    if kind not in HEADER_BYTES and kind.startswith(_NO_HEADERS):
        raise InvalidInput("WhatsApp takes JPEG, PNG and documents in the head of a template.")
    limit = HEADER_BYTES.get(kind, DOCUMENT_BYTES)
    if size > limit:
        raise LimitExceeded(f"The file has {size:,} bytes; WhatsApp takes {limit:,} of its kind.")
