"""Templates: read in pages, kept true, checked at the launch, and campaigns that pause with theirs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from bson import ObjectId
from starlette.applications import Starlette

from crm_graphql.campaigns.checking import check_campaign
from crm_graphql.campaigns.documents import Campaign, CampaignStatus, MessageTemplate
from crm_graphql.campaigns.findings import FindingCode
from crm_graphql.campaigns.service import launch_campaign
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput, Unavailable
from crm_graphql.delivery.routes import routes
from crm_graphql.media.documents import Media
from crm_graphql.resources import Resources
from crm_graphql.whatsapp.documents import WhatsappTemplate, WhatsappTemplatesRead
from crm_graphql.whatsapp.graph import GraphApi
from crm_graphql.whatsapp.templates import keep_templates, list_templates
from tests.delivery.factories import ADMIN, MARKETER, make_draft
from tests.servers.graph import Graph
from tests.whatsapp.calls import DOOR, GREETING, NUMBERED, PICTURED, change, post, signed

pytestmark = pytest.mark.usefixtures("resources")

PICTURE = ObjectId()
GIVEN = [{"name": "name", "value": "{{ customer.name }}"}, {"name": "day", "value": "Friday"}]


@pytest.fixture
async def known(graph: Graph, api: GraphApi, resources: Resources) -> Graph:
    """The account's templates are known."""
    graph.templates = [GREETING, NUMBERED, PICTURED, {**GREETING, "id": "5", "language": "de"}]
    for number, kind in enumerate(("VIDEO", "DOCUMENT", "LOCATION")):
        head = [{"type": "HEADER", "format": kind}, *GREETING["components"]]
        graph.templates.append({**GREETING, "id": f"9{number}", "name": kind.lower(), "components": head})
    await keep_templates(api)
    return graph


@pytest.fixture
async def client(on_whatsapp: Resources) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=routes)
    app.state.resources = on_whatsapp
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://crm") as client:
        yield client


async def draft(resources: Resources, **whatsapp: Any) -> ObjectId:
    """A draft that names a template."""
    file = {"filename": "a.png", "content_type": "image/png", "size_bytes": 9, "status": "READY"}
    await Media.get_pymongo_collection().update_one({"_id": PICTURE}, {"$set": file}, upsert=True)
    body = MessageTemplate(body="Hi")
    key = await make_draft(resources, channel=Channel.WHATSAPP, message=body)
    message = {"template": "greeting", "language": "en", "parameters": GIVEN, **whatsapp}
    await Campaign.get_pymongo_collection().update_one(
        {"_id": key}, {"$set": {"message": {"subject": None, "body": "Hi", "whatsapp": message}}}
    )
    return key


async def refused(resources: Resources, **whatsapp: Any) -> list[tuple[str, str]]:
    """What keeps such a draft from being launched: places and words."""
    key = await draft(resources, **whatsapp)
    with pytest.raises(InvalidInput) as raised:
        await launch_campaign(MARKETER, key, bus=resources.bus)
    return [(".".join(one.path), one.message) for one in raised.value.problems]


async def test_all_pages_are_read_and_not_again_for_minutes(graph: Graph, api: GraphApi) -> None:
    graph.templates = [{**GREETING, "id": str(index), "name": f"t{index}"} for index in range(8)]
    rows = await list_templates(api)
    assert [row["name"] for row in rows] == [f"t{index}" for index in range(8)]
    assert graph.pages == 3
    await list_templates(api)
    assert graph.pages == 3


async def test_what_is_gone_at_metas_is_gone_here(known: Graph, api: GraphApi) -> None:
    known.templates = [NUMBERED]
    await WhatsappTemplatesRead.find_all().update({"$set": {"is_outdated": True}})
    assert [row["name"] for row in await list_templates(api)] == ["numbered"]


async def test_a_template_that_cannot_be_read_hides_no_other(graph: Graph, api: GraphApi) -> None:
    graph.templates = [{"id": 7}, GREETING]
    assert [row["name"] for row in await list_templates(api)] == ["greeting"]


async def test_what_was_read_serves_while_meta_is_away(known: Graph, api: GraphApi) -> None:
    await WhatsappTemplatesRead.find_all().update({"$set": {"is_outdated": True}})
    known.http_status = 503
    assert len(await list_templates(api)) == len(known.templates)


async def test_where_nothing_was_ever_read_that_is_said(graph: Graph, api: GraphApi) -> None:
    with pytest.raises(Unavailable, match="#190"):
        await list_templates(replace(api, token="wrong"))
    assert await list_templates(None) == []


async def test_without_an_account_nothing_is_kept_to_check_by(known: Graph, resources: Resources) -> None:
    await keep_templates(None)
    assert await WhatsappTemplate.count() == 0
    await launch_campaign(MARKETER, await draft(resources, template="whatever"), bus=resources.bus)


@pytest.mark.usefixtures("known")
async def test_a_campaign_whose_template_is_right_is_launched(resources: Resources) -> None:
    for message in (
        {},
        {"template": "pictured", "parameters": [], "header_media_id": PICTURE},
        {
            "template": "numbered",
            "language": "de",
            "parameters": [{"name": name, "value": "x"} for name in ("1", "2", "header.1", "button.0")],
        },
    ):
        launched = await launch_campaign(MARKETER, await draft(resources, **message), bus=resources.bus)
        assert launched["status"] == CampaignStatus.SENDING.value
        await Campaign.find_all().delete()


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("message", "place", "words"),
    [
        ({"template": "gone"}, "message.whatsapp.template", 'no template "gone"'),
        ({"language": "fr"}, "message.whatsapp.language", "there is de, en"),
        ({"parameters": GIVEN[:1]}, "message.whatsapp.parameters", "lacks day"),
        (
            {"parameters": [*GIVEN, {"name": "more", "value": "x"}]},
            "message.whatsapp.parameters",
            "names what it has not: more",
        ),
        ({"header_media_id": PICTURE}, "message.whatsapp.headerMediaId", "no file in its head"),
        (
            {"template": "pictured", "parameters": []},
            "message.whatsapp.headerMediaId",
            "a picture in its head",
        ),
        (
            {"template": "document", "header_media_id": PICTURE},
            "message.whatsapp.headerMediaId",
            "a document in its head, and the file is image/png",
        ),
        ({"template": "video", "header_media_id": PICTURE}, "message.whatsapp.headerMediaId", "a film"),
        ({"template": "location"}, "message.whatsapp.template", "which campaigns cannot fill"),
    ],
)
async def test_a_template_that_is_not_as_the_message_has_it_is_refused_at_its_place(
    resources: Resources, message: dict[str, Any], place: str, words: str
) -> None:
    ((found, text),) = await refused(resources, **message)
    assert found == place
    assert words in text


async def test_a_template_that_is_not_approved_is_refused(
    known: Graph, api: GraphApi, resources: Resources
) -> None:
    await WhatsappTemplate.find_all().update({"$set": {"status": "PENDING_DELETION"}})
    assert await refused(resources) == [
        (
            "message.whatsapp.template",
            'The template "greeting" (en) is pending deletion; WhatsApp sends approved ones only.',
        )
    ]


@pytest.mark.usefixtures("known")
async def test_the_check_before_the_launch_tells_the_same(resources: Resources) -> None:
    key = await draft(resources, language="fr")
    findings = await check_campaign(
        ADMIN, key, settings=resources.settings, clock=resources.clock, slices=resources.slices
    )
    found = [
        (one.code, one.path, one.is_blocking)
        for one in findings or ()
        if one.is_blocking and "whatsapp" in one.path
    ]
    assert found == [(FindingCode.TEMPLATE_UNFIT, ("message", "whatsapp", "language"), True)]


@pytest.mark.usefixtures("known")
async def test_templates_of_variants_are_checked_each_at_its_place(resources: Resources) -> None:
    key = await draft(resources)
    good = {"body": "", "whatsapp": {"template": "greeting", "language": "en", "parameters": GIVEN}}
    bad = {"body": "", "whatsapp": {**good["whatsapp"], "template": "gone"}}  # type: ignore[dict-item]
    variants = [{"key": "a", "weight": 1, "message": good}, {"key": "b", "weight": 1, "message": bad}]
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"variants": variants}})
    with pytest.raises(InvalidInput) as raised:
        await launch_campaign(MARKETER, key, bus=resources.bus)
    paths = [one.path for one in raised.value.problems]
    assert paths == [("variants", "1", "message", "whatsapp", "template")]


def told(
    event: str, template: dict[str, Any] = GREETING, reason: str = "LOW_QUALITY", **more: Any
) -> dict[str, Any]:
    value = {
        "event": event,
        "message_template_id": int(template["id"]),
        "message_template_name": template["name"],
        "message_template_language": template["language"],
        "reason": reason,
        **more,
    }
    return {"field": "message_template_status_update", "value": value}


@pytest.mark.usefixtures("known")
async def test_a_paused_template_pauses_the_campaigns_that_send_it_and_no_other(
    client: httpx.AsyncClient, on_whatsapp: Resources
) -> None:
    mine = await draft(on_whatsapp)
    await launch_campaign(MARKETER, mine, bus=on_whatsapp.bus)
    await Campaign.get_pymongo_collection().update_one({"_id": mine}, {"$set": {"name": "mine"}})
    row = await Campaign.get_pymongo_collection().find_one({"_id": mine})
    assert row is not None
    other = {**row, "_id": ObjectId(), "name": "other language"}
    other["message"] = {**row["message"], "whatsapp": {**row["message"]["whatsapp"], "language": "de"}}
    await Campaign.get_pymongo_collection().insert_one(other)

    await post(client, told("FLAGGED"))
    assert (await Campaign.find_one({"name": "mine"})).status is CampaignStatus.SENDING  # type: ignore[union-attr]
    for _ in range(2):
        assert (await post(client, told("PAUSED"))).status_code == 200
    found = {one.name: (one.status, one.pause_reason) async for one in Campaign.find_all()}
    text = 'WhatsApp\'s template "greeting" (en) is paused (LOW_QUALITY).'
    assert found == {
        "mine": (CampaignStatus.PAUSED, text),
        "other language": (CampaignStatus.SENDING, None),
    }
    assert (await refused(on_whatsapp))[0][0] == "message.whatsapp.template"


async def sending(resources: Resources, **whatsapp: Any) -> ObjectId:
    """A campaign that is being sent."""
    key = await draft(resources, **whatsapp)
    await launch_campaign(MARKETER, key, bus=resources.bus)
    return key


async def status_of(key: ObjectId) -> CampaignStatus:
    row = await Campaign.get_pymongo_collection().find_one({"_id": key})
    assert row is not None
    return CampaignStatus(row["status"])


@pytest.mark.parametrize("is_known", [True, False])
async def test_languages_are_told_of_in_another_spelling_than_they_are_listed(
    known: Graph, api: GraphApi, client: httpx.AsyncClient, on_whatsapp: Resources, *, is_known: bool
) -> None:
    portuguese = {**GREETING, "id": "8", "language": "pt_BR"}
    known.templates = [portuguese]
    await WhatsappTemplatesRead.find_all().update({"$set": {"is_outdated": True}})
    await keep_templates(api)
    key = await sending(on_whatsapp, language="pt_BR")
    if not is_known:
        portuguese = {**portuguese, "id": "9"}
    await post(client, told("DISABLED", {**portuguese, "language": "pt-BR"}))
    assert await status_of(key) is CampaignStatus.PAUSED


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(
    ("event", "more"), [("REINSTATED", {}), ("LOCKED", {"other_info": {"title": "UNPAUSE"}})]
)
async def test_a_template_that_is_sent_again_is_approved(
    client: httpx.AsyncClient, on_whatsapp: Resources, event: str, more: dict[str, Any]
) -> None:
    await post(client, told("PAUSED"))
    await post(client, told(event, **more))
    assert await status_of(await sending(on_whatsapp)) is CampaignStatus.SENDING


@pytest.mark.usefixtures("known")
async def test_what_leaves_a_template_as_it_is_pauses_nothing(
    client: httpx.AsyncClient, on_whatsapp: Resources
) -> None:
    key = await sending(on_whatsapp)
    for event in ("LIMIT_EXCEEDED", "REINSTATED", "APPROVED"):
        await post(client, told(event))
    assert await status_of(key) is CampaignStatus.SENDING


@pytest.mark.usefixtures("known")
async def test_a_template_of_another_account_pauses_nothing_here(
    client: httpx.AsyncClient, on_whatsapp: Resources
) -> None:
    key = await sending(on_whatsapp)
    body = json.dumps(
        {"entry": [{"id": "999", "changes": [told("PAUSED", {**GREETING, "id": "1"})]}]}
    ).encode()
    assert (await client.post(DOOR, content=body, headers=signed(body))).status_code == 200
    assert await status_of(key) is CampaignStatus.SENDING


@pytest.mark.usefixtures("known")
async def test_a_campaign_pauses_for_the_template_of_a_variant_in_the_variants_own_language(
    client: httpx.AsyncClient, on_whatsapp: Resources
) -> None:
    key = await sending(on_whatsapp)
    named = [("greeting", "en"), ("other", "de")]
    variants = [{"message": {"whatsapp": {"template": name, "language": at}}} for name, at in named]
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"variants": variants}})
    await post(client, told("PAUSED", {**GREETING, "id": "5", "language": "de"}))
    assert await status_of(key) is CampaignStatus.SENDING
    await post(client, told("PAUSED"))
    assert await status_of(key) is CampaignStatus.PAUSED


async def test_a_template_that_is_told_of_for_the_first_time_is_read_soon(
    known: Graph, client: httpx.AsyncClient, api: GraphApi
) -> None:
    fresh = {**GREETING, "id": "77", "name": "fresh"}
    known.templates.append(fresh)
    await post(client, told("APPROVED", fresh), change())
    assert "fresh" in [row["name"] for row in await list_templates(api)]
