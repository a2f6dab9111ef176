"""Messages over GraphQL: what a preview and a page of texts may cost, and the warnings of a template."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.actor import Role
from crm_graphql.core.ids import encode_id
from crm_graphql.delivery.documents import Delivery
from tests.campaigns.test_template_work import ATTACK
from tests.delivery.factories import make_audience, make_ledger
from tests.gql.conftest import Api
from tests.pauses import measured_pauses

PREVIEW = """
query ($body: String!) {
  messagePreview(message: {body: $body}, channel: EMAIL) {
    body errors { message line column path } warnings { message line column path }
  }
}
"""
PICTURES = """
query ($html: String!) {
  messagePreview(message: {html: $html}, channel: EMAIL) { errors { message } pictures { url isPublished } }
}
"""
TRACKING = """
query ($id: ID!) {
  campaign(id: $id) { tracksOpens tracksClicks tracking { opens clicks } }
  trackingDefaults { channel opens clicks }
}
"""
NEARLY_ALL = "{% for i in (1..400) %}{{ i | plus: 1 }}{% endfor %}"
"""Takes most of what a message may."""


async def preview(api: Api, body: str) -> dict[str, Any]:
    answer = await api.ask(PREVIEW, {"body": body}, role=Role.VIEWER)
    shown: dict[str, Any] = answer["data"]["messagePreview"]
    return shown


async def test_a_preview_says_which_pictures_lie_on_other_servers(api: Api) -> None:
    own = f"{api.resources.settings.public_url}/media/public/harvest.png"
    html = f"""<p>{{{{ '{{{{ open' }}}}</p><img src="{own}"><img src="https://cdn.example.org/a.png?x=1&amp;y=2">
<table background="//cdn.example.org/b.png"><tr><td style="background: url(https://cdn.example.org/a.png?x=1&amp;y=2)">
</td></tr></table><img src="cid:inside"><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">"""
    answer = await api.ask(PICTURES, {"html": html}, role=Role.VIEWER)
    assert answer["data"]["messagePreview"] == {
        "errors": [],
        "pictures": [
            {"url": own, "isPublished": True},
            {"url": "https://cdn.example.org/a.png?x=1&y=2", "isPublished": False},
            {"url": "//cdn.example.org/b.png", "isPublished": False},
        ],
    }


async def test_a_draft_tells_its_own_word_on_tracking_from_the_default_of_the_deployment(api: Api) -> None:
    key, _ = await make_ledger(1)
    draft = {"launched_at": None, "channel": "SMS", "tracks_opens": None, "tracks_clicks": True}
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": draft})
    answer = await api.ask(TRACKING, {"id": encode_id("Campaign", key)}, role=Role.VIEWER)
    campaign = {"tracksOpens": False, "tracksClicks": True, "tracking": {"opens": None, "clicks": True}}
    assert answer["data"] == {
        "campaign": campaign,
        "trackingDefaults": [
            {"channel": "EMAIL", "opens": True, "clicks": True},
            {"channel": "SMS", "opens": False, "clicks": False},
            {"channel": "WHATSAPP", "opens": False, "clicks": False},
        ],
    }


async def test_previews_that_cost_too_much_stall_nobody(api: Api) -> None:
    await preview(api, "warm")
    async with measured_pauses() as pauses:
        shown = await asyncio.gather(*(preview(api, f"{n}{ATTACK}") for n in range(20)))
    assert all("more work than a message may" in one["errors"][0]["message"] for one in shown)
    assert all(one["errors"][0]["line"] == 1 for one in shown)
    assert pauses.longest < 0.05


async def test_the_dearest_previews_that_are_taken_stall_nobody(api: Api) -> None:
    tags = "{% assign a = 1 %}" * 500
    await preview(api, "warm")
    async with measured_pauses() as pauses:
        shown = await asyncio.gather(
            *(preview(api, f"{n}{tags}{NEARLY_ALL.replace('400', '320')}") for n in range(10))
        )
    assert all(one["errors"] == [] for one in shown)
    assert pauses.longest < 0.05


async def test_a_page_of_dear_texts_stalls_nobody(api: Api) -> None:
    key, _ = await make_ledger(100)
    message = {"subject": "S", "body": NEARLY_ALL}
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"message": message}})
    sent = {"$set": {"status": "SENT", "sent_at": datetime.now(UTC)}}
    await Delivery.get_pymongo_collection().update_many({"campaign_id": key}, sent)
    campaign = (await api.data("{ campaigns { nodes { id } } }"))["campaigns"]["nodes"][0]["id"]
    document = "query ($id: ID!) { campaign(id: $id) { deliveries(first: 100) { nodes { subject body } } } }"
    async with measured_pauses() as pauses:
        answer = await api.ask(document, {"id": campaign})
    nodes = answer["data"]["campaign"]["deliveries"]["nodes"]
    assert len({node["body"] for node in nodes}) == 1
    assert nodes[0] == {"subject": "S", "body": "".join(str(n) for n in range(2, 402))}
    assert answer["extensions"]["cost"] > 100 * 100
    assert pauses.longest < 0.05


async def test_a_preview_warns_of_what_may_be_unmeant(api: Api) -> None:
    shown = await preview(api, "Hi *|FNAME|*,\non {{ customer.last_visit_at | date: 'DD.MM.YYYY' }}")
    assert shown["errors"] == []
    assert [(one["path"], one["line"], one["column"]) for one in shown["warnings"]] == [
        (["message", "body"], 1, 4),
        (["message", "body"], 2, 38),
    ]


async def test_a_preview_warns_of_an_empty_body(api: Api) -> None:
    shown = await preview(api, "{% if customer.city == 'Nowhere' %}Hi{% endif %} ")
    assert [one["message"] for one in shown["warnings"]] == [
        "The body is empty for this customer; nothing would be sent."
    ]


async def test_a_draft_is_stored_with_warnings_and_launched_with_them(api: Api) -> None:
    audience = await make_audience()
    page = await api.data("{ audiences { nodes { id } } }")
    message = {"subject": "For {name}", "body": "Hi [[name]]"}
    created = await api.data(
        "mutation ($input: CampaignCreateInput!) { campaignCreate(input: $input) {"
        " campaign { id } warnings { path column } errors { message } } }",
        {
            "input": {
                "name": "Sale",
                "audienceId": page["audiences"]["nodes"][0]["id"],
                "channel": "EMAIL",
                "message": message,
            }
        },
    )
    expected = [
        {"path": ["message", "subject"], "column": 5},
        {"path": ["message", "body"], "column": 4},
    ]
    assert isinstance(audience, ObjectId)
    assert created["campaignCreate"]["warnings"] == expected
    launched = await api.data(
        "mutation ($id: ID!) { campaignLaunch(input: {id: $id}) {"
        " warnings { path column } errors { message } } }",
        {"id": created["campaignCreate"]["campaign"]["id"]},
    )
    assert launched["campaignLaunch"] == {"warnings": expected, "errors": []}


async def test_a_preview_of_an_sms_counts_its_segments_with_the_values_in_it(api: Api) -> None:
    query = (
        "query ($channel: Channel!, $body: String!) {"
        " messagePreview(message: {body: $body}, channel: $channel) { segments errors { message } } }"
    )

    async def segments(channel: str, body: str) -> int | None:
        answer = await api.ask(query, {"channel": channel, "body": body}, role=Role.VIEWER)
        shown: int | None = answer["data"]["messagePreview"]["segments"]
        return shown

    assert await segments("SMS", "Hello") == 1
    assert await segments("SMS", "{% for i in (1..161) %}x{% endfor %}") == 2
    # A value outside the alphabet halves what a segment holds.
    assert await segments("SMS", "{{ 'ç' }}" + "x" * 100) == 2
    assert await segments("EMAIL", "Hello") is None
    assert await segments("SMS", "{{ broken") is None
