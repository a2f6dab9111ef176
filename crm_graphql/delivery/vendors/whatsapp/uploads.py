"""Files for the heads of templates: uploaded once a process and used for every message that shows them."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict

from crm_graphql.delivery.vendors.port import Attachment
from crm_graphql.delivery.vendors.whatsapp.wire import uploaded_id
from crm_graphql.whatsapp.graph import GraphApi, GraphSilent

GOOD_FOR_SECONDS = 29 * 24 * 3600.0
"""Meta keeps a file for 30 days."""
SURE_FOR_SECONDS = 60.0
"""So long after its upload a file is there, whatever a refusal says."""
KEPT = 128


class Uploads:
    """Meta's ids of the files that this process uploaded. Safe for concurrent calls: each file goes once."""

    def __init__(self, api: GraphApi) -> None:
        self._api = api
        self._ids: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._under_way: dict[str, asyncio.Lock] = {}

    async def id_of(self, attachment: Attachment, *, seconds: float) -> str:
        """Meta's id of the file. Raises GraphAway, GraphSilent and GraphRefused: it is not there then, or is
        of no use."""
        key = attachment.media_id
        if (known := self._known(key)) is not None:
            return known
        async with self._under_way.setdefault(key, asyncio.Lock()):
            if (known := self._known(key)) is not None:
                return known
            try:
                answer = await self._api.upload(
                    attachment.filename, attachment.content_type, attachment.content, seconds=seconds
                )
                found = uploaded_id(answer)
            except ValueError:
                raise GraphSilent("the answer cannot be read") from None
            finally:
                self._under_way.pop(key, None)
            self._keep(key, found)
            return found

    def forget(self, attachment: Attachment) -> None:
        """Upload the file again for the next message: Meta may have it no more."""
        found = self._ids.get(attachment.media_id)
        if found is not None and time.monotonic() > found[1] - GOOD_FOR_SECONDS + SURE_FOR_SECONDS:
            del self._ids[attachment.media_id]

    def _known(self, key: str) -> str | None:
        found = self._ids.get(key)
        if found is None or found[1] <= time.monotonic():
            return None
        self._ids.move_to_end(key)
        return found[0]

    def _keep(self, key: str, found: str) -> None:
        self._ids[key] = (found, time.monotonic() + GOOD_FOR_SECONDS)
        self._ids.move_to_end(key)
        while len(self._ids) > KEPT:
            self._ids.popitem(last=False)
