"""What came of campaigns through the API: of a list in one read, and nothing of what was never launched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.ids import encode_id
from crm_graphql.resources import Resources
from crm_graphql.results.counting import LEDGER, count_results
from crm_graphql.results.points import note_points
from tests.delivery.factories import campaign_row, make_draft, make_ledger
from tests.gql.conftest import Api
from tests.servers.commands import noted_reads

RESULTS = """results { opens clicks machineOpens machineClicks unsubscribes complaints bounces orders revenue
  lift { value low high } revenueLift { value low high } splitIsFair }"""
TIMELINE = "timeline { at sent delivered failed opens clicks }"
ONE = f"query ($id: ID!) {{ campaign(id: $id) {{ {RESULTS} {TIMELINE} }} }}"
NOTHING = {
    **dict.fromkeys(
        (
            "opens",
            "clicks",
            "machineOpens",
            "machineClicks",
            "unsubscribes",
            "complaints",
            "bounces",
            "orders",
        ),
        0,
    ),
    "revenue": "0.00",
    "lift": None,
    "revenueLift": None,
    "splitIsFair": True,
}


async def count(
    resources: Resources, key: ObjectId, variant: str | None, source: str = "", **counts: int
) -> None:
    async def work(session: AsyncClientSession) -> None:
        await count_results(key, variant, counts, session, source=source)

    await resources.in_transaction(work)


async def read(api: Api, key: ObjectId) -> dict[str, Any]:
    campaign = (await api.data(ONE, {"id": encode_id("Campaign", key)}))["campaign"]
    assert isinstance(campaign, dict)
    return campaign


async def test_before_its_launch_a_campaign_has_no_results(api: Api) -> None:
    assert await read(api, await make_draft(api.resources)) == {"results": None, "timeline": None}


async def test_of_a_launched_one_that_nothing_came_of_all_is_nought(api: Api) -> None:
    key, _ = await make_ledger(1)
    assert await read(api, key) == {"results": NOTHING, "timeline": []}


async def test_results_are_the_sums_over_variants_and_over_who_counts(api: Api) -> None:
    key, _ = await make_ledger(1)
    await count(api.resources, key, "a", opens=2, machine_clicks=1)
    await count(api.resources, key, "b", opens=3, unsubscribes=1)
    await count(api.resources, key, "b", LEDGER, bounces=4, complaints=1)
    expected = {"opens": 5, "machineClicks": 1, "unsubscribes": 1, "bounces": 4, "complaints": 1}
    assert (await read(api, key))["results"] == NOTHING | expected


async def test_the_results_of_a_list_are_read_at_once(api: Api) -> None:
    for number in range(12):
        key, _ = await make_ledger(1)
        await count(api.resources, key, None, opens=number)
    with noted_reads() as reads:
        page = await api.data(f"{{ campaigns(first: 50) {{ nodes {{ {RESULTS} }} }} }}")
    assert sorted(node["results"]["opens"] for node in page["campaigns"]["nodes"]) == list(range(12))
    assert [read["find"] for read in reads if "campaign_results" in read.values()] == ["campaign_results"]


async def test_a_timeline_shows_the_points_of_all_sources(api: Api) -> None:
    key, _ = await make_ledger(1)
    launched_at: datetime = (await campaign_row(key))["launched_at"]

    async def work(session: AsyncClientSession) -> None:
        await note_points(key, launched_at, {"opens": 2, "clicks": 1}, session, launched_at=launched_at)

    await api.resources.in_transaction(work)
    (point,) = (await read(api, key))["timeline"]
    assert datetime.fromisoformat(point.pop("at")) <= launched_at
    assert point == {"sent": 0, "delivered": 0, "failed": 0, "opens": 2, "clicks": 1}
