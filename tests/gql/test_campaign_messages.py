"""Messages through the API: written, read back, previewed, checked, tried out; faults at their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.campaigns.schema import trials
from crm_graphql.core.actor import Role
from crm_graphql.core.ids import encode_id
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.vendors.choose import one_for_all
from crm_graphql.delivery.vendors.port import OutgoingMessage
from tests.delivery.factories import launch, make_audience, make_customers, make_draft
from tests.delivery.stand_in import StandInVendor
from tests.gql.conftest import Api
from tests.media.factories import insert_media

MESSAGE = """
message {
  subject body html preheader fromName replyTo
  whatsapp { template language parameters { name value } headerMedia { filename } }
}
attachments { filename }
"""
CREATE = f"""
mutation ($input: CampaignCreateInput!) {{
  campaignCreate(input: $input) {{ campaign {{ id {MESSAGE} }} errors {{ code path message }} }}
}}
"""
UPDATE = f"""
mutation ($input: CampaignUpdateInput!) {{
  campaignUpdate(input: $input) {{ campaign {{ id {MESSAGE} }} errors {{ code path message }} }}
}}
"""
PREVIEW = """
query ($id: ID!, $customer: CustomerRef!, $variant: String) {
  campaignPreview(id: $id, customer: $customer, variantKey: $variant) {
    subject body html preheader fromName replyTo parameters { name value } missing errors { path code }
  }
}
"""
CHECK = "query ($id: ID!) { campaignCheck(id: $id) { code isBlocking message path } }"
TEST = "mutation ($input: CampaignTestInput!) { campaignTest(input: $input) { sent errors { code path } } }"
EMAIL = {
    "subject": "Hi {{ customer.name }}",
    "html": "<style>p{color:red}</style><p>Hi {{ customer.name }}</p>",
    "inlineCss": True,
    "preheader": "Pre {{ customer.name }}",
    "fromName": "Ann",
    "replyTo": "ann@shop.example",
}


async def create(api: Api, channel: str = "EMAIL", **content: Any) -> dict[str, Any]:
    """What campaignCreate answers."""
    audience = encode_id("Audience", await make_audience())
    given = {"name": "Sale", "audienceId": audience, "channel": channel, **content}
    payload: dict[str, Any] = (await api.data(CREATE, {"input": given}))["campaignCreate"]
    return payload


def places(payload: dict[str, Any]) -> list[str]:
    """Where something is wrong."""
    return sorted(".".join(error["path"]) for error in payload["errors"])


async def test_an_email_is_read_back_as_it_was_written_with_its_styles_inlined(api: Api) -> None:
    media = encode_id("Media", await insert_media("offer.png"))
    payload = await create(api, message=EMAIL, attachmentIds=[media])
    assert payload["errors"] == []
    campaign = payload["campaign"]
    message = campaign["message"]
    assert '<p style="color: red;">Hi {{ customer.name }}</p>' in message.pop("html")
    assert message == {
        "subject": "Hi {{ customer.name }}",
        "body": "Hi {{ customer.name }}",
        "preheader": "Pre {{ customer.name }}",
        "fromName": "Ann",
        "replyTo": "ann@shop.example",
        "whatsapp": None,
    }
    assert campaign["attachments"] == [{"filename": "offer.png"}]
    copied = (
        await api.data(
            f"mutation ($id: ID!) {{ campaignDuplicate(input: {{id: $id}}) {{ campaign {{ {MESSAGE} }} }} }}",
            {"id": campaign["id"]},
        )
    )["campaignDuplicate"]["campaign"]
    assert copied["message"]["preheader"] == "Pre {{ customer.name }}"
    assert copied["attachments"] == [{"filename": "offer.png"}]
    changed = {"id": campaign["id"], "attachmentIds": None, "message": {"subject": "S", "body": "B"}}
    updated = (await api.data(UPDATE, {"input": changed}))["campaignUpdate"]["campaign"]
    assert (updated["message"]["html"], updated["attachments"]) == (None, [])


async def test_a_whatsapp_template_is_read_back_as_it_was_written(api: Api) -> None:
    media = encode_id("Media", await insert_media("sale.png"))
    whatsapp = {
        "template": "sale",
        "language": "pt_BR",
        "parameters": [{"name": "1", "value": "{{ customer.name }}"}],
    }
    payload = await create(api, "WHATSAPP", message={"whatsapp": {**whatsapp, "headerMediaId": media}})
    assert payload["errors"] == []
    assert payload["campaign"]["message"]["body"] == ""
    assert payload["campaign"]["message"]["whatsapp"] == {**whatsapp, "headerMedia": {"filename": "sale.png"}}


@pytest.mark.parametrize(
    ("channel", "content", "expected"),
    [
        ("EMAIL", {"message": {"subject": "S"}}, ["message.body"]),
        ("EMAIL", {"message": {"subject": "S", "html": "x" * 5_000_000}}, ["message.html"]),
        ("EMAIL", {"message": {"subject": "S", "html": "{{ customer.nope }}"}}, ["message.html"]),
        ("EMAIL", {"message": {"subject": "S", "html": "{% if %}"}}, ["message.html"]),
        ("EMAIL", {"message": {**EMAIL, "replyTo": "x"}}, ["message.replyTo"]),
        ("SMS", {"message": {"body": "B", "html": "H"}, "attachmentIds": ["M"]},
         ["attachmentIds", "message.html"]),
        ("SMS", {"message": {"whatsapp": {"template": "t", "language": "en"}}}, ["message.whatsapp"]),
        ("WHATSAPP", {"message": {"whatsapp": {"template": "t", "language": "en", "headerMediaId": "x"}}},
         ["message.whatsapp.headerMediaId"]),
        ("EMAIL", {"attachmentIds": ["M", "M"]}, ["attachmentIds"]),
        ("EMAIL", {"attachmentIds": ["gone", "x"]}, ["attachmentIds.0", "attachmentIds.1"]),
        ("EMAIL", {"attachmentIds": ["P", "R"]}, ["attachmentIds.0", "attachmentIds.1"]),
        ("EMAIL", {"attachmentIds": ["L"]}, ["attachmentIds"]),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_message_or_its_files_is_told_at_its_place(
    api: Api, channel: str, content: dict[str, Any], expected: list[str]
) -> None:
    known = {
        "M": await insert_media("m.png"),
        "P": await insert_media("p.png", status="PROCESSING"),
        "R": await insert_media("r.png", status="REJECTED"),
        "L": await insert_media("l.png", size_bytes=10_000_001),
        "gone": ObjectId(),
    }
    ids = {name: encode_id("Media", key) for name, key in known.items()}
    if given := content.get("attachmentIds"):
        content = {**content, "attachmentIds": [ids.get(name, name) for name in given]}
    payload = await create(api, channel, **content)
    assert places(payload) == expected
    assert payload["campaign"] is None


async def test_the_same_key_with_another_message_is_a_conflict(api: Api) -> None:
    audience = encode_id("Audience", await make_audience())
    given: dict[str, Any] = {"audienceId": audience, "idempotencyKey": "k", "message": EMAIL}
    first = (await create(api, **given))["campaign"]
    assert (await create(api, **given))["campaign"]["id"] == first["id"]
    for change in ({"preheader": "x"}, {"fromName": "Bob"}, {"html": "<p>x</p>"}):
        payload = await create(api, **{**given, "message": {**EMAIL, **change}})
        assert [error["code"] for error in payload["errors"]] == ["CONFLICT"], change


async def test_a_preview_shows_a_customer_what_they_would_get(api: Api) -> None:
    await make_customers(1)
    made = (await create(api, message=EMAIL))["campaign"]
    asked = {"id": made["id"], "customer": {"externalId": "c0"}}
    shown = (await api.data(PREVIEW, asked))["campaignPreview"]
    assert "Hi Name 0</p>" in shown.pop("html")
    assert shown == {
        "subject": "Hi Name 0",
        "body": "Hi Name 0",
        "preheader": "Pre Name 0",
        "fromName": "Ann",
        "replyTo": "ann@shop.example",
        "parameters": [],
        "missing": [],
        "errors": [],
    }
    wrong = (await api.data(PREVIEW, {**asked, "variant": "b"}))["campaignPreview"]
    assert wrong["errors"] == [{"path": ["variantKey"], "code": "INVALID"}]
    nobody = await api.ask(PREVIEW, {**asked, "customer": {"externalId": "nobody"}})
    assert nobody["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    none = {**asked, "id": encode_id("Campaign", ObjectId())}
    assert (await api.data(PREVIEW, none))["campaignPreview"] is None
    draft = encode_id("Campaign", await make_draft(api.resources, message=None))
    unwritten = (await api.data(PREVIEW, {**asked, "id": draft}))["campaignPreview"]
    assert unwritten["errors"] == [{"path": ["message"], "code": "REQUIRED"}]


async def test_a_check_tells_what_is_found(api: Api) -> None:
    made = (await create(api, message=EMAIL))["campaign"]
    found = (await api.data(CHECK, {"id": made["id"]}))["campaignCheck"]
    assert [(one["code"], one["isBlocking"], one["path"]) for one in found] == [
        ("NOBODY_REACHABLE", True, ["audienceId"]),
        ("UNSUBSCRIBE_MISSING", False, ["message", "html"]),
        ("VALUE_NEVER_KNOWN", False, ["message", "subject"]),
    ]
    none = encode_id("Campaign", ObjectId())
    assert (await api.data(CHECK, {"id": none}))["campaignCheck"] is None


async def test_a_trial_is_sent_by_the_channels_vendor_and_audited(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor = StandInVendor()
    sent: list[OutgoingMessage] = []

    async def keep(messages: Sequence[OutgoingMessage]) -> None:
        sent.extend(messages)

    vendor.after = keep
    carriers = one_for_all(vendor, api.resources.settings)
    monkeypatch.setattr(trials, "choose_vendors", lambda *_: carriers)
    made = (await create(api, message=EMAIL))["campaign"]
    given = {"input": {"id": made["id"], "addresses": ["a@shop.example"]}}
    assert (await api.data(TEST, given))["campaignTest"] == {"sent": 1, "errors": []}
    assert [message.address for message in sent] == ["a@shop.example"]
    given["input"]["addresses"] = ["nobody"]
    payload = (await api.data(TEST, given))["campaignTest"]
    assert payload == {"sent": 0, "errors": [{"code": "INVALID", "path": ["addresses", "0"]}]}
    events = await AuditEvent.get_pymongo_collection().find({"action": "campaignTest"}).sort("_id").to_list()
    assert [(event["subject_id"], event["code"]) for event in events] == [
        (made["id"], None),
        (made["id"], "INVALID"),
    ]
    forbidden = await api.ask(TEST, given, role=Role.VIEWER)
    assert "sent" not in str(forbidden.get("data")) or forbidden["data"]["campaignTest"]["sent"] == 0


async def test_the_html_that_went_out_is_read_with_its_delivery(api: Api) -> None:
    await make_customers(1)
    made = (await create(api, message=EMAIL))["campaign"]
    assert made
    key = await launch(api.resources)
    values = {"customer": {"name": "Ann"}}
    row = {
        "campaign_id": key,
        "number": 0,
        "values": values,
        "status": "SENT",
        "channel": "EMAIL",
        "revision": 1,
    }
    await Delivery.get_pymongo_collection().insert_one(row)
    message = {"subject": "S", "body": "B", "html": "<b>{{ customer.name }}</b>"}
    await api.resources.database.campaigns.update_one({"_id": key}, {"$set": {"message": message}})
    query = "query ($id: ID!) { campaign(id: $id) { deliveries { nodes { subject body html } } } }"
    found = await api.data(query, {"id": encode_id("Campaign", key)})
    assert found["campaign"]["deliveries"]["nodes"] == [{"subject": "S", "body": "B", "html": "<b>Ann</b>"}]
