"""An export of customers, imported into an empty database, makes the same customers."""

from __future__ import annotations

import gzip
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_graphql.core.channels import Channel
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.metadata import shown_metadata
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.exports import worker as worker_module
from crm_graphql.exports.documents import ExportFormat
from crm_graphql.ingestion.documents import RowErrorRecord
from crm_graphql.resources import Resources
from tests.consents.factories import make_topic
from tests.custom_fields.factories import BOOLEAN, DATE, LIST, NUMBER, TEXT, make_field
from tests.exports.factories import CSV, CUSTOMERS, MARKETER, NDJSON, ORDERS, ask, file_of, finish
from tests.ingestion.doors import CUSTOMERS as OF_CUSTOMERS
from tests.ingestion.doors import ORDERS as OF_ORDERS
from tests.ingestion.doors import apply_pending, send, stream

SIGNS = [
    "=",
    "+",
    "-",
    "@",
    "'",
    "''=",
    '"',
    ",",
    ";",
    "|",
    "\\",
    "{",
    "[",
    "%",
    "#",
    "é",
    "漢",
    "🙂",
    "＝",
    " ",
]
INNER = ["\n", "\r\n", "\t", "  "]
WORDS = ["cmd", "Ida", "1+1", "SUM(A1)", "n/a", "NULL", "-", "null", "007", "1e5", "x"]
COMPARED = (
    "custom_fields",
    *("external_id", "name", "email", "phone", "city", "country", "tags", "signed_up_at", "source_ids"),
    *("opening", "total_spend", "visit_count", "first_visit_at", "last_visit_at", "reach"),
)
OPTIONS = ["a, b", "=c", "d; e", "f"]
COUNT = 400


class Maker:
    """Random values, most of them nasty."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def text(self, *, inner: bool = True) -> str:
        signs = [*SIGNS, *WORDS, *(INNER if inner else ())]
        return "".join(self._random.choice(signs) for _ in range(self._random.randint(1, 5)))

    def moment(self) -> str:
        found = datetime(1990, 1, 1, tzinfo=UTC) + timedelta(seconds=self._random.randint(0, 10**9))
        milliseconds = self._random.choice(["", ".5", ".123"])
        return f"{found:%Y-%m-%dT%H:%M:%S}{milliseconds}Z"

    def money(self) -> str:
        whole = self._random.choice([0, 1, 999, 1_000, 123_456_789, 999_999_999_999])
        return f"{self._random.choice(['', '-'])}{whole}.{self._random.randint(0, 9_999):04d}"

    def record(self, number: int, topics: list[str]) -> dict[str, Any]:
        """What a caller may say of a customer; some of it left out."""
        maybe = {
            "name": self.text(),
            "email": f"person{number}+=x@example.com",
            "phone": self._random.choice([f"+47220{number:05d}", f"0{number:07d}"]),
            "city": self.text(),
            "country": self._random.choice(["Norway", "DE", "=Narnia", "+x"]),
            "tags": list({self.text() for _ in range(self._random.randint(1, 4))}),
            "total_spend": self.money(),
            "visit_count": self._random.randint(0, 10**6),
            "last_visit_at": self.moment(),
            "signed_up_at": self.moment(),
            "source_id": self.text(inner=False),
            "custom": {
                "level": self.text(),
                "points": self._random.choice([0, -3, 1.234, 0.0000001, 123456.789]),
                "since": "2024-02-29",
                "vip": self._random.random() < 0.5,
                "likes": self._random.sample(OPTIONS, self._random.randint(1, len(OPTIONS))),
            },
            "metadata": {self.text(): self.text(), "=n": {"a": [1, None, True, 0.5]}},
            "consents": [self._word(topic) for topic in topics if self._random.random() < 0.6],
        }
        given = {name: value for name, value in maybe.items() if self._random.random() < 0.7}
        return {"external_id": f"{self.text(inner=False)}{number}", **given}

    def _word(self, topic: str) -> dict[str, Any]:
        return {
            "topic": topic,
            "channel": self._random.choice(list(Channel)).value,
            "status": self._random.choice(list(ConsentStatus)).value,
            **({"at": self.moment()} if self._random.random() < 0.7 else {}),
        }


async def as_compared(*, with_openings: bool = True) -> dict[str, dict[str, Any]]:
    """The customers by their keys; words without where, and without a moment that nobody knows, they were
    heard."""
    topics = {
        row["_id"]: (row["name"], row["is_opt_out"])
        async for row in Customer.get_pymongo_collection().database.topics.find()
    }
    found = {}
    async for row in Customer.get_pymongo_collection().find():
        words = sorted(
            (*topics[word["topic_id"]], word["channel"], word["status"], word["is_dated"] and word["at"])
            for word in row.get("consents") or ()
        )
        found[row["external_id"]] = {name: row.get(name) or None for name in COMPARED} | {
            "words": words,
            "metadata": shown_metadata(row.get("metadata")),
        }
    return found


async def empty(resources: Resources) -> None:
    for name in (
        "customers",
        "orders",
        "topics",
        "ingestions",
        "ingestion_chunks",
        "consent_words",
        "row_errors",
    ):
        await resources.database[name].delete_many({})


async def fill(resources: Resources, seed: int) -> None:
    """Random customers, as mutations make them; each some ids of other systems."""
    for key, type_ in (("level", TEXT), ("points", NUMBER), ("since", DATE), ("vip", BOOLEAN)):
        await make_field(key, type_)
    await make_field("likes", LIST, options=OPTIONS)
    await make_topic(resources, "News; =daily", is_opt_out=False)
    await make_topic(resources, "'Offers'", is_opt_out=True)
    maker = Maker(seed)
    records = [maker.record(number, ["News; =daily", "'Offers'"]) for number in range(COUNT)]
    await send(resources, OF_CUSTOMERS, records)
    again = [
        {"external_id": one["external_id"], "source_id": maker.text(inner=False)} for one in records[:99]
    ]
    await send(resources, OF_CUSTOMERS, again)
    await apply_pending(resources)


async def take_in(resources: Resources, kind: Any, body: bytes) -> None:
    ingestion = await stream(resources, kind, gzip.compress(body), gzip=True, actor=MARKETER)
    await apply_pending(resources)
    errors = await RowErrorRecord.get_pymongo_collection().find({}, {"message": 1, "value": 1}).to_list()
    assert (ingestion.rejected, errors) == (0, [])


@pytest.mark.parametrize("format", [CSV, NDJSON])
@pytest.mark.parametrize("seed", [1, 2])
async def test_an_export_of_customers_imports_again_unchanged(
    resources: Resources, format: ExportFormat, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "PART_SECONDS", 0.0)
    await fill(resources, seed)
    before = await as_compared()
    assert len(before) > COUNT * 0.8
    for name in ("custom_fields", "metadata", "words", "source_ids", "tags"):
        assert sum(bool(one[name]) for one in before.values()) > COUNT * 0.2, name
    body = await file_of(resources, await finish(resources, await ask(resources, CUSTOMERS, format)))
    await empty(resources)
    await take_in(resources, OF_CUSTOMERS, body)
    after = await as_compared()
    assert {key: (one, after.get(key)) for key, one in before.items() if after.get(key) != one} == {}
    assert after.keys() == before.keys()


async def test_the_only_amount_of_a_file_is_no_riddle(resources: Resources) -> None:
    await send(resources, OF_CUSTOMERS, [{"external_id": "a", "total_spend": "1.234"}])
    await apply_pending(resources)
    before = await as_compared()
    body = await file_of(resources, await finish(resources, await ask(resources)))
    await empty(resources)
    await take_in(resources, OF_CUSTOMERS, body)
    assert await as_compared() == before


@pytest.mark.parametrize("orders_first", [True, False])
async def test_totals_are_the_same_once_orders_are_imported_too(
    resources: Resources, orders_first: bool
) -> None:
    maker = Maker(3)
    people = [
        {
            "external_id": f"c{number}",
            "total_spend": maker.money(),
            "visit_count": number,
            "last_visit_at": maker.moment(),
        }
        for number in range(50)
    ]
    orders = [
        {
            "external_id": f"={number}",
            "customer_external_id": f"c{number % 60}",
            "amount": maker.money(),
            "ordered_at": maker.moment(),
            "quantity": number % 5 - 2,
        }
        for number in range(300)
    ]
    await send(resources, OF_CUSTOMERS, people)
    await send(resources, OF_ORDERS, orders)
    await apply_pending(resources)
    before = await as_compared()
    bodies = [
        (kind, await file_of(resources, await finish(resources, await ask(resources, content))))
        for kind, content in ((OF_CUSTOMERS, CUSTOMERS), (OF_ORDERS, ORDERS))
    ]
    await empty(resources)
    for kind, body in reversed(bodies) if orders_first else bodies:
        await take_in(resources, kind, body)
    assert await as_compared() == before
    assert len(before) == 60
