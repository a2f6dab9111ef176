"""What is asked of media often, each by an index that leaves nothing to be sorted or looked through."""

from __future__ import annotations

from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.core.clock import SystemClock
from crm_graphql.media.documents import Media, MediaAttachment, MediaStatus
from crm_graphql.media.queries import NEWEST_ATTACHED_FIRST, NEWEST_FIRST, list_filter
from crm_graphql.media.types import MediaKind
from crm_graphql.resources import Resources


def stages(plan: dict[str, Any]) -> list[str]:
    """The names of a plan's stages, outermost first."""
    return [plan["stage"], *(name for one in beneath(plan) for name in stages(one))]


def beneath(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """What a stage reads from; what it merges are several."""
    return [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])


@pytest.mark.parametrize(
    ("document", "filter_", "sort", "index"),
    [
        (Media, {}, NEWEST_FIRST.mongo_sort(backward=False), "created_at"),
        (
            Media,
            list_filter(None, MediaKind.PICTURE),
            NEWEST_FIRST.mongo_sort(backward=False),
            "content_type",
        ),
        (Media, list_filter("sum"), None, "name_words"),
        (Media, {"public_name": "x.png"}, None, "public_name"),
        (
            Media,
            {"status": MediaStatus.PROCESSING.value, "touched_at": {"$lt": SystemClock().now()}},
            None,
            "processing",
        ),
        (
            MediaAttachment,
            {"customer_id": ObjectId()},
            NEWEST_ATTACHED_FIRST.mongo_sort(backward=False),
            "customer",
        ),
        (
            MediaAttachment,
            {"media_id": ObjectId()},
            NEWEST_ATTACHED_FIRST.mongo_sort(backward=False),
            "media",
        ),
        (MediaAttachment, {"media_id": ObjectId(), "customer_id": ObjectId()}, None, "pair"),
    ],
)
async def test_a_hot_query_goes_by_its_index(
    resources: Resources,
    document: type[Media] | type[MediaAttachment],
    filter_: dict[str, Any],
    sort: Any,
    index: str,
) -> None:
    cursor = document.get_pymongo_collection().find(filter_)
    plan = (await (cursor.sort(sort) if sort else cursor).explain())["queryPlanner"]["winningPlan"]
    assert "COLLSCAN" not in stages(plan)
    assert "SORT" not in stages(plan)
    found = plan
    while "indexName" not in found:
        found = beneath(found)[0]
    assert found["indexName"] == index
