"""Columns on consent: who said no or came back is never reached, whatever file comes before or after."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import msgspec
import pytest

from crm_graphql.consents.documents import Suppression, SuppressionReason, Topic
from crm_graphql.consents.service import create_suppressions, delete_topic, topic_for_import
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import Forbidden
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.words import FileStatus, FileWord
from crm_graphql.ingestion.payloads import decode_records
from crm_graphql.ingestion.replay import replay_ingestion
from crm_graphql.resources import Resources
from tests.consents.factories import MARKETER, close, make_topic
from tests.consents.test_bulk import row_errors, suppressions
from tests.gql.conftest import Api
from tests.ingestion.doors import CUSTOMERS, INGESTOR, apply_pending, send

EMAIL, SMS = Channel.EMAIL, Channel.SMS
YES, NO = FileStatus.SUBSCRIBED, FileStatus.UNSUBSCRIBED
IDA = "email:ida@example.com"
PREVIEW = """query { audiencePreview(rule: {where: {field: "externalId", operator: IS_SET}}) {
  reachable { channel size } } }"""


def row(status: FileStatus, at: str | None = None, **more: Any) -> dict[str, Any]:
    """Ida as a file has her, with one word by email."""
    return {
        "external_id": IDA,
        "email": "Ida@example.com",
        "consents": [FileWord(EMAIL, status, at)],
        **more,
    }


async def take(resources: Resources, *rows: dict[str, Any]) -> Any:
    ingestion = await send(resources, CUSTOMERS, rows)
    await apply_pending(resources)
    return ingestion


async def reachable(api: Api, channel: Channel = EMAIL) -> int:
    data = await api.data(PREVIEW)
    sizes: dict[str, int] = {each["channel"]: each["size"] for each in data["audiencePreview"]["reachable"]}
    return sizes[channel.value]


async def ida() -> Any:
    return await Customer.get_pymongo_collection().find_one({"external_id": IDA})


async def test_columns_become_words_on_a_topic_that_the_import_makes(resources: Resources) -> None:
    await take(resources, row(YES, "2024-05-01"), row(FileStatus.PENDING, external_id="p", email=None))
    (topic,) = await Topic.get_pymongo_collection().find().to_list(None)
    assert (topic["name"], topic["slug"], topic["is_opt_out"]) == ("Marketing", "marketing", False)
    assert (await ida())["folded"]["consent"] == {"marketing": {"EMAIL": "subscribed"}}
    assert await suppressions() == {}


async def test_a_topic_named_in_the_file_or_there_already_is_used(resources: Resources) -> None:
    await make_topic(resources, "MARKETING")
    await take(resources, row(YES), row(YES, consents=[FileWord(EMAIL, YES, None, "Offers")]))
    assert {topic["name"] async for topic in Topic.get_pymongo_collection().find()} == {"MARKETING", "Offers"}
    assert (await ida())["folded"]["consent"].keys() == {"marketing", "offers"}


async def test_two_imports_at_once_make_one_topic(resources: Resources) -> None:
    rows = await asyncio.gather(
        *(topic_for_import(INGESTOR, "Marketing", clock=resources.clock) for _ in range(8))
    )
    assert len({row["_id"] for row in rows}) == 1
    await delete_topic(MARKETER, rows[0]["_id"], campaigns_naming=_none, clock=resources.clock)
    again = await topic_for_import(INGESTOR, "Marketing", clock=resources.clock)
    assert (again["_id"] != rows[0]["_id"], again["slug"]) == (True, "marketing_2")
    with pytest.raises(Forbidden):
        await topic_for_import(Actor(Role.VIEWER, "v"), "Marketing", clock=resources.clock)


async def _none(_topic: Any) -> list[str]:
    return []


async def test_a_file_without_words_makes_no_topic(resources: Resources) -> None:
    await take(resources, {"external_id": "1", "consents": []}, {"external_id": "2"})
    assert await Topic.get_pymongo_collection().count_documents({}) == 0


@pytest.mark.parametrize(
    "status", [NO, FileStatus.BOUNCED, FileStatus.COMPLAINED], ids=["unsubscribed", "cleaned", "complained"]
)
@pytest.mark.parametrize("yes_at", [None, "2022-01-01"], ids=["undated", "older"])
async def test_who_is_off_the_list_is_not_reachable_before_or_after_a_file_of_subscribers(
    api: Api, status: FileStatus, yes_at: str | None
) -> None:
    off, on = row(status, "2023-01-01"), row(YES, yes_at)
    await take(api.resources, on)
    assert await reachable(api) == 1
    await take(api.resources, off)
    assert await reachable(api) == 0
    await take(api.resources, on)
    assert await reachable(api) == 0
    # Another customer under the same address, and in capitals.
    await take(api.resources, row(YES, yes_at, external_id="other", email="IDA@EXAMPLE.COM"))
    assert await reachable(api) == 0


async def test_an_undated_no_outlasts_an_earlier_dated_yes(api: Api) -> None:
    await take(api.resources, row(YES, "2024-05-01"), row(NO))
    assert await reachable(api) == 0
    await take(api.resources, row(YES, "2024-06-01"))
    assert await reachable(api) == 0


async def test_a_dated_yes_after_a_dated_no_opens_in_every_order(api: Api) -> None:
    rows = (row(NO, "2022-01-01"), row(YES, "2024-01-01"), row(NO, "2023-01-01"))
    for number, order in enumerate(permutations(rows)):
        address = {"external_id": f"c{number}", "email": f"c{number}@example.com"}
        for each in order:
            await take(api.resources, {**each, **address})
        assert await reachable(api) == number + 1


async def test_a_later_no_on_another_topic_keeps_the_address_closed_in_every_order(api: Api) -> None:
    words = (("Marketing", NO, "2022"), ("Marketing", YES, "2023"), ("Offers", NO, "2024"))
    for number, order in enumerate(permutations(words)):
        for topic, status, year in order:
            said = [FileWord(EMAIL, status, f"{year}-01-01", topic)]
            address = {"external_id": f"c{number}", "email": f"c{number}@example.com"}
            await take(api.resources, {**address, "consents": said})
    assert await reachable(api) == 0


async def test_an_undated_yes_on_another_topic_does_not_keep_a_no_from_closing(api: Api) -> None:
    await take(api.resources, row(YES, consents=[FileWord(EMAIL, YES, None, "Offers")]))
    await take(api.resources, row(NO, "2023-01-01"))
    assert await reachable(api) == 0


@pytest.mark.parametrize(
    "reason", [SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED, SuppressionReason.MANUAL]
)
async def test_a_yes_opens_nothing_that_was_closed_for_good(api: Api, reason: SuppressionReason) -> None:
    resources = api.resources
    await create_suppressions(
        MARKETER,
        EMAIL,
        ["ida@example.com"],
        reason,
        clock=resources.clock,
        settings=resources.settings,
    )
    long_ago = {"$set": {"created_at": datetime(2020, 1, 1, tzinfo=UTC)}}
    await Suppression.get_pymongo_collection().update_many({}, long_ago)
    await take(resources, row(YES, "2024-05-01"))
    assert await reachable(api) == 0


async def test_an_address_that_came_back_stays_closed_though_a_no_came_first(api: Api) -> None:
    for status, at in ((NO, "2022-01-01"), (FileStatus.BOUNCED, "2022-02-01")):
        await take(api.resources, row(status, at))
    assert await suppressions() == {("EMAIL", "ida@example.com"): "BOUNCED"}
    await take(api.resources, row(YES, "2024-01-01"))
    assert await reachable(api) == 0


async def test_replayed_records_undo_no_later_word(api: Api) -> None:
    first = await take(api.resources, row(NO, "2022-01-01"))
    await take(api.resources, row(YES, "2024-01-01"))
    assert await reachable(api) == 1
    await _replay(api.resources, first)
    assert await reachable(api) == 1


async def test_a_replayed_yes_does_not_open_what_was_closed_since(api: Api) -> None:
    first = await take(api.resources, row(YES, "2024-01-01"))
    await close(api.resources, "ida@example.com")
    await Suppression.get_pymongo_collection().update_many({}, {"$set": {"reason": "UNSUBSCRIBED"}})
    await _replay(api.resources, first)
    assert await reachable(api) == 0


async def _replay(resources: Resources, ingestion: Any) -> None:
    operator = Actor(Role.ADMIN, "operator")
    await replay_ingestion(
        operator,
        ingestion.id,
        transact=resources.in_transaction,
        bus=resources.bus,
    )


async def test_a_no_with_an_address_that_cannot_be_read_brings_in_nobody(resources: Resources) -> None:
    ingestion = await take(
        resources, row(NO, email="ida@"), row(NO, "31/12/2024", external_id="2"), row(NO, external_id="3")
    )
    assert (ingestion.received, ingestion.rejected) == (3, 2)
    assert [(row, field) for row, field, _ in await row_errors()] == [(0, "email"), (1, "email_consent_at")]
    assert [each["external_id"] async for each in Customer.get_pymongo_collection().find()] == ["3"]


async def test_a_no_closes_the_address_that_a_customer_has_where_the_row_has_none(api: Api) -> None:
    await take(api.resources, {"external_id": IDA, "phone": "+4915112345678"})
    assert (await reachable(api), await reachable(api, SMS)) == (1, 1)
    await take(api.resources, {"external_id": IDA, "consents": [FileWord(EMAIL, NO), FileWord(SMS, NO)]})
    assert (await reachable(api), await reachable(api, SMS)) == (0, 0)
    assert await reachable(api, Channel.WHATSAPP) == 1


async def test_a_number_that_cannot_be_read_and_its_no_reach_nobody(api: Api) -> None:
    bad = {"external_id": "1", "phone": "call me", "consents": [FileWord(SMS, NO)]}
    bare = {"external_id": "2", "phone": "030 123456", "consents": [FileWord(SMS, NO)]}
    await take(api.resources, bad, bare)
    assert await reachable(api, SMS) == 0
    assert await suppressions() == {}


async def test_one_who_said_no_is_marked_though_written_with_others_of_the_address(api: Api) -> None:
    """Customers of one transaction, one of whom changes in it too."""
    await take(api.resources, row(YES), row(YES, external_id="other"))
    await take(api.resources, row(YES, external_id="other", name="Other"), row(NO, "2023-01-01", name="Ida"))
    assert await reachable(api) == 0
    marked = await Customer.get_pymongo_collection().count_documents(
        {"suppressed": "EMAIL", "folded.suppressed": "email"}
    )
    assert marked == 2


def test_records_stored_by_a_former_release_are_read() -> None:
    at = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=1)
    said = ["6" * 24, "news", "EMAIL", "SUBSCRIBED", at, "import", True]
    payload = msgspec.msgpack.encode([[0, "1", {"name": "A"}], [1, "2", {}, [said]]])
    first, second = decode_records(IngestionKind.CUSTOMERS, payload)
    assert first == CustomerRecord(0, "1", {"name": "A"})
    assert (second.words[0].slug, second.address_words, second.source_id) == ("news", (), None)
