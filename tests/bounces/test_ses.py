"""The door of Amazon SES: what SNS signed for our topics, read in both dialects."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from bson import ObjectId
from starlette.applications import Starlette
from structlog.testing import capture_logs

from crm_graphql.delivery.documents import Delivery, DeliveryStatus, ParkedReceipt
from crm_graphql.delivery.routes import routes
from crm_graphql.delivery.vendors.smtp.verp import envelope_sender
from crm_graphql.delivery.webhooks import sns as sns_module
from crm_graphql.resources import Resources
from tests.bounces.factories import bounces, settle, suppressions
from tests.bounces.sns import HOST, TOPIC, Sns, bounce, complaint, event
from tests.delivery.factories import make_ledger
from tests.delivery.running import running, until_stats
from tests.delivery.stand_in import StandInVendor

OURS: dict[str, Any] = {"ses_topic_arns": [TOPIC], "bounces_domain": "bounces.example.com"}


class Door:
    """Posts to the door as SNS does."""

    def __init__(self, resources: Resources, sns: Sns) -> None:
        self.sns, self.resources, self._changes = sns, resources, OURS
        self._app = Starlette(routes=routes)
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://crm")

    async def post(self, message: dict[str, Any], **changes: Any) -> httpx.Response:
        settings = self.resources.settings.model_copy(update={**OURS, **changes})
        changed = replace(self.resources.with_settings(settings), http=self.sns.http())
        self._app.state.resources = changed
        headers = {"content-type": "text/plain; charset=UTF-8"}
        return await self._client.post("/webhooks/ses", content=json.dumps(message), headers=headers)

    async def tell(self, content: Any) -> dict[str, Any]:
        """The answer to a good message, what it leads to settled."""
        answer = await self.post(self.sns.message(content))
        assert answer.status_code == 200, answer.text
        await settle(self.resources)
        body: dict[str, Any] = answer.json()
        return body


@pytest.fixture
def door(resources: Resources) -> Door:
    sns_module._certificates.clear()
    return Door(resources, Sns())


async def ledger(status: DeliveryStatus = DeliveryStatus.DELIVERED) -> tuple[ObjectId, str]:
    """A campaign with one delivery, to c0@example.com, and the delivery's id."""
    key, ids = await make_ledger(1, status=status)
    return key, ids[0]


@pytest.mark.parametrize("dialect", ["eventType", "notificationType"])
async def test_a_bounce_after_delivered_overrules_it_and_suppresses(door: Door, dialect: str) -> None:
    key, id_ = await ledger()
    notice = bounce(f"{id_}-1", status="5.1.1", diagnosticCode="smtp; 550 5.1.1 user unknown")
    notice[dialect] = notice.pop("eventType")
    async with running(door.resources, StandInVendor()):
        assert (await door.tell(notice))["accepted"] == 1
        await until_stats(key, failed=1)
    assert await suppressions() == {"c0@example.com": "BOUNCED"}


async def test_a_complaint_suppresses_and_leaves_delivered(door: Door) -> None:
    _, id_ = await ledger()
    await door.tell(complaint(f"{id_}-1", complaintFeedbackType="abuse"))
    assert await suppressions() == {"c0@example.com": "COMPLAINED"}


async def test_a_complaint_about_a_known_message_needs_no_name(door: Door) -> None:
    _, id_ = await ledger()
    notice = complaint(f"{id_}-1")
    notice["complaint"]["complainedRecipients"] = []
    await door.tell(notice)
    assert await suppressions() == {"c0@example.com": "COMPLAINED"}


async def test_what_is_refused_or_not_understood_is_in_the_log(door: Door) -> None:
    _, id_ = await ledger()
    with capture_logs() as logs:
        await assert_refused(door, door.sns.message(bounce(f"{id_}-1"), version="1"))
        await door.post(door.sns.message("{"))
    refused, left_out = (one for one in logs if one["log_level"] == "warning")
    assert "SignatureVersion=2" in refused["reason"]
    assert (refused["vendor"], left_out["vendor"], left_out["count"]) == ("ses", "ses", 1)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure", "virus"])
async def test_a_complaint_that_is_none_is_ignored(door: Door, kind: str) -> None:
    _, id_ = await ledger()
    assert (await door.tell(complaint(f"{id_}-1", complaintFeedbackType=kind)))["accepted"] == 0
    assert await bounces() == []


async def test_a_guess_who_complained_counts_for_nobody(door: Door) -> None:
    await door.tell(complaint("", "a@example.com", "b@example.com"))
    assert await suppressions() == {}


@pytest.mark.parametrize(
    ("kind", "subtype", "recipient", "stored"),
    [
        ("Permanent", "General", {}, "HARD"),
        ("Permanent", "NoEmail", {"status": "5.7.1"}, "HARD"),
        ("Permanent", "Suppressed", {}, "HARD"),
        ("Permanent", "OnAccountSuppressionList", {}, "HARD"),
        ("Permanent", "General", {"status": "5.7.26"}, "POLICY"),
        ("Permanent", "General", {"status": "5.2.2"}, "SOFT"),
        ("Permanent", "General", {"status": "5.1.0"}, "HARD"),
        ("Permanent", "General", {"status": "5.4.4"}, "SOFT"),
        ("Transient", "MailboxFull", {"status": "5.2.2"}, "SOFT"),
        ("Transient", "General", {"status": "4.4.7"}, "SOFT"),
        ("Transient", "General", {}, None),
        ("Transient", "MessageTooLarge", {"status": "5.3.4"}, "CONTENT"),
        ("Transient", "ContentRejected", {"status": "5.6.0"}, "CONTENT"),
        ("Undetermined", "Undetermined", {}, "SOFT"),
    ],
)
async def test_each_kind_of_bounce_means_what_it_says(
    door: Door, kind: str, subtype: str, recipient: dict[str, Any], stored: str | None
) -> None:
    _, id_ = await ledger()
    await door.tell(bounce(f"{id_}-1", kind=kind, subtype=subtype, **recipient))
    assert [row["kind"] for row in await bounces()] == ([stored] if stored else [])


@pytest.mark.parametrize("way", ["tag", "sender", "header"])
async def test_send_resolves_a_lost_answer_by_whatever_names_the_message(door: Door, way: str) -> None:
    key, ids = await make_ledger(1, status=DeliveryStatus.FAILED)
    name = f"{ids[0]}-1"
    await Delivery.get_pymongo_collection().update_one(
        {"_id": ObjectId(ids[0])}, {"$set": {"reason": "OUTCOME_UNKNOWN"}}
    )
    settings = door.resources.settings.model_copy(update=OURS)
    parts = {
        "tag": {},
        "sender": {"source": envelope_sender(name, settings)},
        "header": {"headers": [{"name": "X-CRM-Key", "value": name}]},
    }[way]
    async with running(door.resources, StandInVendor()):
        await door.tell(event("Send", name if way == "tag" else "", mail=parts, send={}))
        await until_stats(key, delivered=1, failed=0)
    row = await Delivery.get_pymongo_collection().find_one({"_id": ObjectId(ids[0])})
    assert row is not None
    assert row["vendor_message_id"] == "0102019a7b6c5d4e"


async def test_of_a_foreign_message_each_bounced_address_is_suppressed_no_other(door: Door) -> None:
    notice = bounce(status="5.1.1")
    people = [{"emailAddress": f"Ida <i{number}@example.com>", "status": "5.1.1"} for number in range(3)]
    notice["bounce"]["bouncedRecipients"] = [*people, {"emailAddress": "no address"}]
    await door.tell(notice)
    assert set(await suppressions()) == {f"i{number}@example.com" for number in range(3)}


async def test_the_same_message_twice_or_out_of_order_is_one(door: Door) -> None:
    key, id_ = await ledger(DeliveryStatus.SENT)
    async with running(door.resources, StandInVendor()):
        for notice in (bounce(f"{id_}-1"), event("Delivery", f"{id_}-1"), event("Send", f"{id_}-1")):
            for _ in range(2):
                await door.tell(notice)
        await until_stats(key, failed=1)
    assert len(await bounces()) == 1


async def assert_refused(door: Door, message: dict[str, Any], status: int = 403, **changes: Any) -> None:
    answer = await door.post(message, **changes)
    assert answer.status_code == status, answer.text
    assert await bounces() == []
    assert await ParkedReceipt.count() == 0


@pytest.mark.parametrize("field", ["Message", "MessageId", "Timestamp", "Subject", "Signature"])
async def test_what_was_changed_by_one_letter_is_refused(door: Door, field: str) -> None:
    _, id_ = await ledger()
    message = door.sns.message(bounce(f"{id_}-1"), Subject="Amazon SES")
    good = message[field]
    message[field] = (
        good.replace("0", "1", 1)
        if field == "Timestamp"
        else good[:9] + ("B" if good[9] == "A" else "A") + good[10:]
    )
    assert message[field] != good
    await assert_refused(door, message)


async def test_another_key_than_amazons_is_refused(door: Door) -> None:
    _, id_ = await ledger()
    await assert_refused(door, {**Sns().message(bounce(f"{id_}-1"))})


@pytest.mark.parametrize("build", ["message", "confirmation"])
async def test_a_strangers_topic_is_refused_however_well_signed(door: Door, build: str) -> None:
    other = {"TopicArn": "arn:aws:sns:eu-west-1:999999999999:mail"}
    _, id_ = await ledger()
    made = door.sns.message(bounce(f"{id_}-1"), **other)
    await assert_refused(door, made if build == "message" else door.sns.confirmation(**other))
    assert door.sns.asked == []


@pytest.mark.parametrize("age", [timedelta(days=8), -timedelta(hours=1)], ids=["old", "of the future"])
async def test_what_is_not_of_now_is_refused(door: Door, age: timedelta) -> None:
    _, id_ = await ledger()
    then = (datetime.now(UTC) - age).isoformat()
    await assert_refused(door, door.sns.message(bounce(f"{id_}-1"), Timestamp=then))


async def test_sha1_is_taken_by_setting_alone(door: Door) -> None:
    _, id_ = await ledger()
    message = door.sns.message(bounce(f"{id_}-1"), version="1")
    await assert_refused(door, message)
    assert (await door.post(message, ses_old_signatures=True)).status_code == 200
    # What was signed with SHA-1 does not pass for SHA-256, nor the other way round.
    await Delivery.get_pymongo_collection().delete_many({})
    assert (await door.post({**message, "SignatureVersion": "2"})).status_code == 403


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.evil.amazonaws.com/a.pem",
        "https://evil-bucket.s3.eu-west-1.amazonaws.com/a.pem",
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
        "https://sns.eu-west-1.amazonaws.com:444/a.pem",
        f"{HOST}/a.pem?x=1",
        f"{HOST}/a.txt",
        "https://[::1/a.pem",
        "",
    ],
)
async def test_no_other_address_is_asked_for_a_certificate(door: Door, url: str) -> None:
    _, id_ = await ledger()
    await assert_refused(door, door.sns.message(bounce(f"{id_}-1"), SigningCertURL=url))
    assert door.sns.asked == []


async def test_a_certificate_is_fetched_once_and_no_redirect_is_followed(door: Door) -> None:
    _, id_ = await ledger()
    door.sns.status = 302
    await assert_refused(door, door.sns.message(bounce(f"{id_}-1")), 503)
    assert door.sns.asked == [door.sns.certificate_url]
    door.sns.status = 200
    for _ in range(3):
        await door.tell(bounce(f"{id_}-1"))
    assert len(door.sns.asked) == 2


async def test_a_certificate_that_is_over_proves_nothing(resources: Resources) -> None:
    sns_module._certificates.clear()
    door = Door(resources, Sns(days=-1, name="over"))
    _, id_ = await ledger()
    await assert_refused(door, door.sns.message(bounce(f"{id_}-1")))


async def test_a_subscription_to_our_topic_is_confirmed_at_amazon(door: Door) -> None:
    assert (await door.post(door.sns.confirmation())).status_code == 200
    confirmed = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC.replace(':', '%3A')}&Token=2336412f37"
    assert door.sns.asked == [door.sns.certificate_url, confirmed]


async def test_a_forged_subscription_is_not_confirmed(door: Door) -> None:
    message = {**door.sns.confirmation(), "Token": "another"}
    await assert_refused(door, message)
    assert door.sns.asked == [door.sns.certificate_url]


@pytest.mark.parametrize(
    "content", ["Successfully validated SNS topic for Amazon SES event publishing.", "[]", '{"mail": 1}', "{"]
)
async def test_a_sentence_instead_of_a_notice_is_taken_and_says_nothing(door: Door, content: str) -> None:
    assert (await door.tell(content))["accepted"] == 0


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b'{"Type": 1}', b"[" * 100_000])
async def test_what_is_no_message_of_sns_is_refused(door: Door, body: bytes) -> None:
    await door.post(door.sns.message("x"))
    answer = await door._client.post("/webhooks/ses", content=body)
    assert answer.status_code == 400


async def test_the_door_is_closed_without_a_topic(door: Door) -> None:
    answer = await door.post(
        door.sns.message(bounce(base64.b16encode(b"x" * 12).decode())), ses_topic_arns=[]
    )
    assert answer.status_code == 404
