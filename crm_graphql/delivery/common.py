"""Common parts of a campaign's messages beside their text: files, and how to make links."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bson import ObjectId
from cachetools import LRUCache

from crm_graphql.campaigns.media_files import header_media
from crm_graphql.campaigns.variants import texts_of
from crm_graphql.consents.asking import Topical
from crm_graphql.consents.links import CampaignLinks, link_key
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.delivery.vendors.port import Attachment
from crm_graphql.media.documents import MediaStatus
from crm_graphql.media.queries import find_media
from crm_graphql.storage.port import ObjectMissing, Storage, read_whole
from crm_graphql.tracking.tokens import Signer, tracking_key

CACHE_BYTES = 64_000_000
"""So much of the files that are being sent a process keeps in memory."""

Row = Mapping[str, Any]


class FileGone(Exception):
    """A file of the campaign is not there any more; the message says what to do, for those who sent it."""


@dataclass(frozen=True, slots=True)
class Common:
    """Of one campaign. `links` is None where its messages have no link that takes people off; `signer`, who
    signs links that are tracked, where it tracks nothing."""

    attachments: Sequence[Attachment] = ()
    headers: Mapping[ObjectId, Attachment] = field(default_factory=dict)
    links: CampaignLinks | None = None
    signer: Signer | None = None


class CampaignParts:
    """Reads what campaigns need, for one process: each file once while it is being sent."""

    def __init__(self, storage: Storage, public_url: str) -> None:
        """`public_url` is where the pages are that links lead to."""
        self._storage = storage
        self._public_url = public_url
        self._lock = asyncio.Lock()
        self._files: LRUCache[ObjectId, Attachment] = LRUCache(
            CACHE_BYTES, getsizeof=lambda one: len(one.content)
        )

    async def of(self, campaign: Row) -> Common:
        """What a campaign's messages have in common; before its launch there are no links. Raises FileGone
        and StorageAway."""
        headers = {header_media(message) for _, message in texts_of(campaign)}
        return Common(
            [await self._file(key) for key in campaign.get("attachment_ids") or ()],
            {key: await self._file(key) for key in headers if key is not None},
            await self._links(campaign),
            await self._signer(campaign),
        )

    async def _links(self, campaign: Row) -> CampaignLinks | None:
        channel = Channel(campaign["channel"])
        launched_at = campaign.get("launched_at")
        if launched_at is None or not TRAITS[channel].takes_html:
            return None
        topic = Topical.of(campaign)
        return CampaignLinks(
            channel,
            topic.id if topic else None,
            launched_at,
            self._public_url,
            await link_key(),
            campaign["_id"],
        )

    async def _signer(self, campaign: Row) -> Signer | None:
        if campaign.get("launched_at") is None or not (campaign.get("tracks_opens") or campaign.get("links")):
            return None
        return Signer(self._public_url, campaign["_id"], await tracking_key())

    async def _file(self, key: ObjectId) -> Attachment:
        # One at a time: of many senders that need it at once, one reads it.
        async with self._lock:
            known = self._files.get(key)
            if known is None:
                known = await self._read(key)
                if len(known.content) <= CACHE_BYTES:
                    self._files[key] = known
            return known

    async def _read(self, key: ObjectId) -> Attachment:
        media = await find_media(key)
        if media is None or media["status"] != MediaStatus.READY.value:
            raise FileGone("A file that goes with the message was deleted. Cancel it, and send a copy.")
        try:
            content = await read_whole(self._storage, media["key"])
        except ObjectMissing:
            name = media["filename"]
            raise FileGone(f'The file "{name}" is not in the storage any more; it cannot be sent.') from None
        return Attachment(str(key), media["filename"], media["content_type"], content, media["sha256"])
