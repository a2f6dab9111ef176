"""Files that campaigns send or show: they stay while a campaign that has not ended needs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.campaigns.queries import open_campaigns_using
from crm_graphql.media.queries import find_media
from crm_graphql.resources import Resources
from tests.media.factories import insert_media

NAME = "unguessable.png"
USES: dict[str, Callable[[ObjectId], dict[str, Any]]] = {
    "attached": lambda key: {"attachment_ids": [ObjectId(), key]},
    "in a head": lambda key: {"message": {"whatsapp": {"header_media_id": key}}},
    "shown": lambda _: {"message": {"body": f"<img src='https://crm.example/media/public/{NAME}'>"}},
    "shown in HTML": lambda _: {"message": {"body": "B", "html": f"<img src='/media/public/{NAME}'>"}},
    "shown in a variant": lambda _: {"variants": [{}, {"message": {"html": NAME}}]},
    "in a variant's head": lambda key: {"variants": [{"message": {"whatsapp": {"header_media_id": key}}}]},
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(("status", "names"), [("DRAFT", ["Sale"]), ("PAUSED", ["Sale"]), ("COMPLETED", [])])
async def test_a_file_is_needed_while_a_campaign_that_has_not_ended_uses_it(
    resources: Resources, use: str, status: str, names: list[str]
) -> None:
    key = await insert_media("a.png", public_name=NAME)
    other = await insert_media("b.png", public_name="another.png")
    await resources.database.campaigns.insert_one({"name": "Sale", "status": status, **USES[use](key)})
    media, unused = await find_media(key), await find_media(other)
    assert media is not None
    assert unused is not None
    assert await open_campaigns_using(media) == names
    assert await open_campaigns_using(unused) == []


async def test_a_file_that_was_never_published_is_in_no_text(resources: Resources) -> None:
    await resources.database.campaigns.insert_one(
        {"name": "Sale", "status": "DRAFT", "message": {"body": "None", "html": "None"}}
    )
    media = await find_media(await insert_media("a.png"))
    assert media is not None
    assert await open_campaigns_using(media) == []
