"""Files at the doors: options in the query and in forms, previews that store nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.core.errors import InvalidInput, LimitExceeded
from crm_graphql.core.forms import FIELDS_BYTES
from crm_graphql.ingestion.forms import Form
from crm_graphql.resources import Resources
from tests.ingestion.doors import apply_pending, orders_csv, pieces

PEOPLE = b"Mail;Who;Since;Shoe size\nida@example.com;Ida;03/04/2024;38\nole@example.com;Ole;05/04/2024;44\n"
MAPPING = json.dumps({"Mail": "email", "Who": "name", "Since": "signed_up_at"})


async def test_a_file_is_read_as_its_options_say(client: httpx.AsyncClient, resources: Resources) -> None:
    params = {"mapping": MAPPING, "dateOrder": "DMY"}
    answer = await client.post("/ingest/customers", params=params, content=PEOPLE)
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["received"], body["rejected"], body["isDryRun"]) == (2, 0, False)
    assert body["ignoredColumns"] == ["Shoe size"]
    assert body["columns"][0] == {"column": "Mail", "field": "email"}
    await apply_pending(resources)
    ida = await resources.database.customers.find_one({"external_id": "email:ida@example.com"})
    assert ida is not None
    assert (ida["name"], ida["signed_up_at"].isoformat()) == ("Ida", "2024-04-03T00:00:00+00:00")


async def test_unknown_and_bad_options_are_told_at_once_and_nothing_is_taken(
    client: httpx.AsyncClient, resources: Resources
) -> None:
    answer = await client.post("/ingest/customers?dateorder=DMY&country=??&dryRun=ja", content=PEOPLE)
    assert answer.status_code == 400
    paths = [error["path"] for error in answer.json()["errors"]]
    assert sorted(paths) == [["country"], ["dateorder"], ["dryRun"]]
    assert await resources.database.ingestions.count_documents({}) == 0


async def test_an_open_question_is_refused_by_the_options_name(client: httpx.AsyncClient) -> None:
    answer = await client.post("/ingest/customers", params={"mapping": MAPPING}, content=PEOPLE)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["path"] == ["dateOrder"]


async def test_a_browsers_form_is_taken_with_its_options(
    client: httpx.AsyncClient, resources: Resources
) -> None:
    del client.headers["content-type"]
    answer = await client.post(
        "/ingest/customers",
        data={"mapping": MAPPING, "dateOrder": "DMY"},
        files={"file": ("people.csv", PEOPLE, "application/vnd.ms-excel")},
    )
    assert (answer.status_code, answer.json()["received"]) == (202, 2), answer.text
    row = await resources.database.ingestions.find_one({})
    assert row is not None
    assert row["bytes_received"] == len(PEOPLE)


async def test_a_form_and_a_plain_body_under_one_key_are_one_upload(client: httpx.AsyncClient) -> None:
    headers = {"idempotency-key": "k"}
    first = await client.post("/ingest/orders", content=orders_csv(10), headers=headers)
    del client.headers["content-type"]
    again = await client.post("/ingest/orders", files={"file": ("o.csv", orders_csv(10))}, headers=headers)
    assert first.json()["id"] == again.json()["id"]


def form(*parts: tuple[str, bytes], end: bytes = b"--") -> bytes:
    """A form of parts, each the rest of its Content-Disposition, and its content."""
    body = b"".join(
        b'--X\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % (name.encode(), content)
        for name, content in parts
    )
    return body + b"--X" + end + b"\r\n"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (form(("notes", b"x")), 'no part "file"'),
        (form(("file", b"a"), ("file", b"b")), "two parts"),
        (form(("file", b"a"), ("dryRun", b"true")), "behind the file"),
        (form(("file", b"a"), end=b""), "ends too early"),
        (form(("file", b"a"))[:-6], "ends too early"),
        (b"nonsense", "cannot be read"),
        (b"", 'no part "file"'),
    ],
)
async def test_a_form_that_cannot_be_taken_says_why(body: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        await read_form(body)


async def read_form(body: bytes, size: int = 7) -> bytes:
    """The file of a form that comes in pieces of this size."""
    parts = (body[at : at + size] for at in range(0, len(body), size))
    found = Form("multipart/form-data; boundary=X", pieces(*parts))
    await found.begin()
    return b"".join([piece async for piece in found.pieces()])


@pytest.mark.parametrize("size", [1, 3, 64, 100_000])
async def test_a_file_of_a_form_comes_out_as_it_went_in_however_it_is_cut(size: int) -> None:
    file = b"a\r\n--X-\r\n\r\n-- X--" * 20 + bytes(range(256))
    assert await read_form(form(("country", b"DE"), ("file", file)), size) == file


async def test_fields_without_end_are_refused() -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--X\r\nContent-Disposition: form-data; name="mapping"\r\n\r\n'
        while True:
            sent += 65_536
            yield b"x" * 65_536

    with pytest.raises(LimitExceeded, match=str(FIELDS_BYTES)):
        await Form("multipart/form-data; boundary=X", endless()).begin()
    assert sent <= FIELDS_BYTES + 65_536


async def look(client: httpx.AsyncClient, content: bytes, kind: str = "customers", **params: str) -> Any:
    """The preview of a file."""
    answer = await client.post(f"/ingest/{kind}/preview", params=params, content=content)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_preview_shows_columns_records_and_errors_and_stores_nothing(
    client: httpx.AsyncClient, resources: Resources
) -> None:
    body = PEOPLE + b"no address;Nobody;06/04/2024;1\n"
    found = await look(client, body, mapping=MAPPING, dateOrder="DMY")
    assert (found["format"], found["delimiter"], found["sheets"]) == ("csv", ";", [])
    assert found["columns"][0] == {
        "column": "Mail",
        "samples": ["ida@example.com", "ole@example.com", "no address"],
        "field": "email",
        "because": "mapping",
    }
    assert found["columns"][3]["field"] is None
    assert found["options"]["dateOrder"] == "DMY"
    assert found["records"][0]["name"] == "Ida"
    assert found["records"][0]["signed_up_at"].startswith("2024-04-03")
    (error,) = found["rowErrors"]
    assert (error["row"], error["line"], error["column"]) == (2, 4, "Mail")
    assert (found["questions"], found["refusal"]) == ([], None)
    for collection in ("ingestions", "ingestion_chunks", "row_errors", "refused_rows", "topics", "customers"):
        assert await resources.database[collection].count_documents({}) == 0


async def test_a_preview_tells_what_must_be_said_where_the_door_refuses(client: httpx.AsyncClient) -> None:
    asking = await look(client, PEOPLE, mapping=MAPPING)
    assert asking["questions"][0].startswith("dateOrder")
    assert asking["records"] == []
    missing = await look(client, b"order_id,amount\n1,2\n", kind="orders")
    assert "ordered_at" in missing["missingFields"]
    assert missing["refusal"] is not None


async def test_a_preview_of_a_large_file_reads_its_first_megabyte(client: httpx.AsyncClient) -> None:
    body = orders_csv(100_000)
    assert len(body) > 2_000_000
    for sent in (body, body[:1_000_000], body[: 1024**2 + 17]):
        found = await look(client, sent, kind="orders")
        assert (len(found["records"]), found["rowErrors"]) == (20, [])


async def test_who_may_not_send_may_not_look(client: httpx.AsyncClient, resources: Resources) -> None:
    token = mint_token(resources.settings, Role.VIEWER, timedelta(hours=1), "v")
    headers = {"authorization": f"Bearer {token}"}
    answer = await client.post("/ingest/orders/preview", content=orders_csv(1), headers=headers)
    assert answer.status_code == 403
