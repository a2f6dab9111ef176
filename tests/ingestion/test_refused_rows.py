"""Refused rows: kept as they came, counted by cause, told by a signed address, mended and sent again."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.clock import SystemClock
from crm_graphql.core.ids import encode_id
from crm_graphql.ingestion.answers import ingestion_answer
from crm_graphql.ingestion.documents import Counters, Ingestion
from crm_graphql.ingestion.refused_rows import refused_rows_url
from crm_graphql.mongo.rows import row_of
from crm_graphql.resources import Resources
from tests.clocks import FixedClock
from tests.gql.conftest import Api
from tests.ingestion.doors import (
    CUSTOMERS,
    INGESTOR,
    ORDERS,
    apply_pending,
    as_stored,
    broken_off,
    orders_csv,
    stream,
)

BAD = (
    "order_id,customer_id,Order_Amount,order_date,note\n"
    "o1,c1,12.50,2024-01-01,fine\n"
    'o2,c1,twelve,2024-01-01,"two\nlines"\n'
    "o3,c1,-12.5,2999-01-01,-12.5\n"
    "o4,c1,ten,2024-01-01,=SUM(A1)\n"
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    """The time of the whole process."""
    fixed = FixedClock(datetime.now(UTC))
    monkeypatch.setattr(SystemClock, "now", lambda _self: fixed.now())
    return fixed


def path_of(url: str | None) -> str:
    """What of a URL this server is asked for."""
    assert url is not None
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


async def refused(client: httpx.AsyncClient, answer: httpx.Response) -> bytes:
    """The file of an ingestion's refused rows."""
    found = await client.get(path_of(answer.json()["rowErrorsUrl"]), headers={"authorization": ""})
    assert found.status_code == 200, found.text
    assert found.headers["cache-control"] == "no-store"
    return found.content


async def test_refused_rows_are_mended_and_go_in_by_the_same_door(
    client: httpx.AsyncClient, resources: Resources
) -> None:
    answer = await client.post("/ingest/orders", content=BAD.encode())
    assert answer.json()["rejected"] == 3
    file = (await refused(client, answer)).decode()
    head, *rows = csv.reader(io.StringIO(file))
    assert head == [*BAD.splitlines()[0].split(","), "error", "error_column"]
    assert [row[0] for row in rows] == ["o2", "o3", "o4"]
    assert [row[4] for row in rows] == ["two\nlines", "-12.5", "'=SUM(A1)"]
    assert [row[6] for row in rows] == ["Order_Amount", "order_date", "Order_Amount"]
    assert "is not a decimal number" in rows[0][5]
    mended = file.replace("twelve", "12").replace("2999", "2024").replace("ten,", "10,")
    again = await client.post("/ingest/orders", content=mended.encode())
    assert (again.json()["received"], again.json()["rejected"]) == (3, 0)
    assert set(again.json()["ignoredColumns"]) >= {"error", "error_column"}
    await apply_pending(resources)
    assert await resources.database.orders.count_documents({}) == 4


async def test_a_name_that_a_spreadsheet_would_run_survives_the_round(
    client: httpx.AsyncClient, resources: Resources
) -> None:
    body = b'customer_id,name,email,phone\n1,"=1+1",bad,+49 30 123456\n2,@Ann,bad,\n'
    file = await refused(client, await client.post("/ingest/customers", content=body))
    assert b"'=1+1" in file
    assert b"'@Ann" in file
    mended = file.replace(b",bad,", b",a@example.com,")
    answer = await client.post("/ingest/customers", content=mended)
    assert answer.json()["rejected"] == 0, answer.json()
    await apply_pending(resources)
    rows = await resources.database.customers.find().sort("external_id").to_list()
    assert [(row["name"], row["phone"]) for row in rows] == [("=1+1", "+4930123456"), ("@Ann", None)]


async def test_a_file_that_is_refused_again_has_its_error_columns_once(client: httpx.AsyncClient) -> None:
    first = await refused(client, await client.post("/ingest/orders", content=BAD.encode()))
    second = await refused(client, await client.post("/ingest/orders", content=first))
    assert second == first


async def test_refused_objects_come_as_ndjson_with_exact_numbers(
    client: httpx.AsyncClient, resources: Resources
) -> None:
    body = b'[{"customer_id":"1","total_spend":12345678901234567890.5,"tags":["a"]},{"customer_id":"2"}]'
    headers = {"content-type": "application/json"}
    file = await refused(client, await client.post("/ingest/customers", content=body, headers=headers))
    assert b"12345678901234567890.5" in file
    (line,) = (json.loads(line) for line in file.splitlines())
    assert (line["customer_id"], line["tags"], line["error_column"]) == ("1", ["a"], "total_spend")
    mended = file.replace(b"12345678901234567890.5", b"12.5")
    headers = {"content-type": "application/x-ndjson"}
    answer = await client.post("/ingest/customers", content=mended, headers=headers)
    assert (answer.json()["received"], answer.json()["rejected"]) == (1, 0)


async def test_an_address_opens_its_own_rows_for_fifteen_minutes(
    client: httpx.AsyncClient, resources: Resources, clock: FixedClock
) -> None:
    mine = await client.post("/ingest/orders", content=BAD.encode())
    other = await client.post("/ingest/orders", content=BAD.replace("o4", "o5").encode())
    url, foreign = path_of(mine.json()["rowErrorsUrl"]), path_of(other.json()["rowErrorsUrl"])
    key, signature = urlsplit(url).path.rpartition("/")[2], url.rpartition("=")[2]
    expires = url.partition("expires=")[2].partition("&")[0]
    for bad in (
        f"{urlsplit(foreign).path}?{urlsplit(url).query}",
        url.replace(expires, str(int(expires) + 1)),
        f"/ingest/refused/{key}",
        f"/ingest/refused/{key}?expires={expires}&signature={signature[:-1]}é",
        "/ingest/refused/x?expires=y&signature=z",
    ):
        answer = await client.get(bad)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "FORBIDDEN")
    assert (await client.get(url)).status_code == 200
    clock.advance(timedelta(minutes=15, seconds=1))
    late = await client.get(url)
    assert (late.status_code, "15 minutes" in late.json()["errors"][0]["message"]) == (403, True)


async def test_only_who_may_send_is_told_the_address_and_as_long_as_rows_are_kept(
    resources: Resources, clock: FixedClock
) -> None:
    row = row_of(await as_stored(await stream(resources, ORDERS, BAD)))
    place: dict[str, Any] = {"settings": resources.settings, "clock": resources.clock}
    assert refused_rows_url(INGESTOR, row, **place) is not None
    assert refused_rows_url(Actor(Role.VIEWER, "v"), row, **place) is None
    good = row_of(await as_stored(await stream(resources, ORDERS, orders_csv(3))))
    assert refused_rows_url(INGESTOR, good, **place) is None
    clock.advance(timedelta(days=resources.settings.chunk_retention_days, seconds=1))
    assert refused_rows_url(INGESTOR, row, **place) is None


async def test_an_address_is_good_while_the_key_is_being_changed(resources: Resources) -> None:
    settings = resources.settings
    new = settings.model_copy(
        update={"secret_key": SecretStr("n" * 40), "previous_secret_keys": [settings.secret_key]}
    )
    row = row_of(await as_stored(await stream(resources, ORDERS, BAD)))
    old = refused_rows_url(INGESTOR, row, settings=settings, clock=resources.clock)
    own = refused_rows_url(INGESTOR, row, settings=new, clock=resources.clock)
    assert old is not None
    assert old != own


async def test_more_refused_rows_than_are_kept_are_said(resources: Resources) -> None:
    body = b"customer_id,email\n" + b"".join(b"%d,bad\n" % n for n in range(50))
    await stream(resources, CUSTOMERS, body, row_errors_kept=20)
    assert await resources.database.refused_rows.count_documents({}) == 20
    row = row_of(await as_stored(await stream(resources, CUSTOMERS, body)))
    assert ingestion_answer(row | {"counters": Counters().model_dump()}, None, errors_kept=50)["notes"] == []
    answer = ingestion_answer(row | {"counters": Counters().model_dump()}, None, errors_kept=20)
    assert answer["notes"] == ["50 rows were refused; the first 20 of them are kept (CRM_ROW_ERRORS_KEPT)."]


async def test_errors_are_counted_by_cause_beyond_what_is_kept(resources: Resources) -> None:
    body = "customer_id,email,phone\n" + "".join(f"{n},no{n},\n" for n in range(300)) + ",a@b.example,\n" * 7
    found = await as_stored(await stream(resources, CUSTOMERS, body, row_errors_kept=5))
    first, second = found.row_error_counts
    assert (first["column"], first["count"], first["first"]) == ("email", 300, 2)
    assert (second["column"], second["count"], second["first"]) == ("customer_id", 7, 302)
    assert "no1" not in first["message"]


async def test_counts_are_exact_after_a_body_broke_off(resources: Resources) -> None:
    body = b"order_id,customer_id,amount,ordered_at\n" + b"".join(
        b"o%d,c1,%s,2024-01-01\n" % (n, b"x" if n % 2 else b"1") for n in range(20_000)
    )
    seen = []
    for at in (200_000, 150_000):
        with pytest.raises(ConnectionResetError):
            await stream(resources, ORDERS, broken_off(body, at), key="k", chunk_records=100)
        (running,) = await Ingestion.find_all().to_list()
        seen.append(running.row_error_counts[0]["count"])
    assert 0 < seen[0] == seen[1] <= running.rejected
    assert 100_000 < (running.bytes_received or 0) <= 200_000
    found = await as_stored(await stream(resources, ORDERS, body, key="k", chunk_records=100))
    assert [cause["count"] for cause in found.row_error_counts] == [10_000]
    assert found.bytes_received == len(body)
    assert await resources.database.refused_rows.count_documents({}) == 10_000


async def test_clients_see_line_column_counts_and_the_plan(api: Api) -> None:
    found = await stream(api.resources, ORDERS, BAD, key="k", actor=Actor(Role.ADMIN, "tester"))
    document = """query($k: String!) { ingestionByKey(kind: ORDERS, idempotencyKey: $k) { id
      columns { column field } ignoredColumns isDryRun bytesReceived rowErrorsUrl
      rowErrorCounts { column code count first } rowErrors { nodes { row line column field } } } }"""
    shown = (await api.data(document, {"k": "k"}))["ingestionByKey"]
    assert shown["id"] == encode_id("Ingestion", found.id)
    assert shown["columns"][2] == {"column": "Order_Amount", "field": "amount"}
    assert (shown["ignoredColumns"], shown["isDryRun"]) == (["note"], False)
    assert shown["bytesReceived"] == f"{len(BAD)}.00"
    assert shown["rowErrors"]["nodes"][1] == {
        "row": 2, "line": 5, "column": "order_date", "field": "order_date"
    }  # fmt: skip
    assert [(one["column"], one["count"], one["first"]) for one in shown["rowErrorCounts"]] == [
        ("Order_Amount", 2, 3),
        ("order_date", 1, 5),
    ]
    assert (await api.http.get(path_of(shown["rowErrorsUrl"]))).status_code == 200
    assert (await api.data(document, {"k": "other"}))["ingestionByKey"] is None
    strange = await api.ask(document, {"k": "k"}, subject="somebody else")
    assert strange["data"]["ingestionByKey"] is None


async def test_a_row_that_could_not_be_cut_is_in_the_file_too(client: httpx.AsyncClient) -> None:
    body = b'customer_id,name\n1,"a"b\n2,c\n'
    file = await refused(client, await client.post("/ingest/customers", content=body))
    (row,) = list(csv.DictReader(io.StringIO(file.decode())))
    assert row["error"].startswith("Line 2 opens a quote")
