"""Links: signed ones that end, public ones that anybody has, and answers that harm nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from crm_graphql.core.clock import SystemClock
from crm_graphql.core.ids import decode_key
from crm_graphql.resources import Resources
from crm_graphql.storage.port import StorageAway
from tests.clocks import FixedClock
from tests.gql.conftest import Api
from tests.media.conftest import Process
from tests.media.files import get, media_of, picture, upload

PUBLISH = """mutation ($input: MediaPublishInput!) { mediaPublish(input: $input) {
  media { publicUrl } errors { code path message } } }"""
TEXT = b"id;name\n1;Ada\n2;Ole\n"


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    """The time of the whole process."""
    fixed = FixedClock(datetime.now(UTC))
    monkeypatch.setattr(SystemClock, "now", lambda _self: fixed.now())
    return fixed


async def ready(api: Api, process: Process, name: str = "a.png", body: bytes | None = None) -> dict[str, Any]:
    media_id = await upload(api, name, picture() if body is None else body)
    await process()
    return await media_of(api, media_id)


async def publish(api: Api, media_id: str, is_public: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = (await api.data(PUBLISH, {"input": {"id": media_id, "isPublic": is_public}}))[
        "mediaPublish"
    ]
    return found


async def test_a_download_is_an_attachment_of_a_safe_type(api: Api, process: Process) -> None:
    found = await ready(api, process, 'Zoë "1";.csv', TEXT)
    answer = await get(api, found["url"])
    assert (answer.status_code, answer.content) == (200, TEXT)
    headers = answer.headers
    assert headers["content-type"].startswith("text/csv")
    assert headers["content-disposition"].startswith('attachment; filename="Zo_ _1_;.csv"; filename*=UTF-8')
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
    assert "sandbox" in headers["content-security-policy"]
    assert headers["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("asked", "status", "content", "told"),
    [
        ("bytes=0-1", 206, TEXT[:2], f"bytes 0-1/{len(TEXT)}"),
        ("bytes=5-", 206, TEXT[5:], f"bytes 5-{len(TEXT) - 1}/{len(TEXT)}"),
        ("bytes=-3", 206, TEXT[-3:], f"bytes {len(TEXT) - 3}-{len(TEXT) - 1}/{len(TEXT)}"),
        ("bytes=0-999999", 206, TEXT, f"bytes 0-{len(TEXT) - 1}/{len(TEXT)}"),
        ("bytes=999-", 416, b"", f"bytes */{len(TEXT)}"),
        ("bytes=-0", 416, b"", f"bytes */{len(TEXT)}"),
        ("bytes=5-2", 200, TEXT, None),
        ("bytes=0-1,3-4", 200, TEXT, None),
        ("lines=1-2", 200, TEXT, None),
        ("bytes=" + "9" * 5_000 + "-", 200, TEXT, None),
    ],
)
async def test_a_part_is_sent_where_a_part_is_asked_for(
    api: Api, process: Process, asked: str, status: int, content: bytes, told: str | None
) -> None:
    found = await ready(api, process, "a.csv", TEXT)
    answer = await get(api, found["url"], range=asked)
    assert (answer.status_code, answer.content) == (status, content)
    assert answer.headers.get("content-range") == told


async def test_a_download_goes_on_only_where_the_bytes_are_the_same(api: Api, process: Process) -> None:
    found = await ready(api, process, "a.csv", TEXT)
    tag = (await get(api, found["url"])).headers["etag"]
    same = await get(api, found["url"], **{"range": "bytes=2-", "if-range": tag})
    other = await get(api, found["url"], **{"range": "bytes=2-", "if-range": '"another"'})
    assert (same.status_code, other.status_code) == (206, 200)


async def test_a_link_ends_after_fifteen_minutes_and_says_so(
    api: Api, process: Process, clock: FixedClock
) -> None:
    found = await ready(api, process)
    clock.advance(timedelta(minutes=14, seconds=58))
    assert (await get(api, found["url"])).status_code == 200
    clock.advance(timedelta(seconds=3))
    for name in ("url", "thumbnailUrl"):
        late = await get(api, found[name])
        assert late.status_code == 403
        assert late.json()["errors"][0]["message"] == (
            f"This address was good for 15 minutes. Ask for {name} again."
        )


async def test_a_link_to_something_else_opens_nothing(api: Api, process: Process) -> None:
    mine, theirs = await ready(api, process), await ready(api, process, "b.pdf", b"%PDF-1.7\n")
    query = mine["url"].partition("?")[2]
    key = str(decode_key("Media", theirs["id"]))
    own = str(decode_key("Media", mine["id"]))
    number = query.partition("&")[0].removeprefix("expires=")
    for path in (
        f"/media/{key}?{query}",
        f"/media/{own}/thumbnail?{query}",
        f"/media/{own}?{query.replace(number, str(int(number) + 1))}",
        f"/media/{own}?{query[:-1]}",
        f"/media/{own}?expires=thumbnail&signature=ä",
        f"/media/{own}",
        "/media/nonsense?expires=1&signature=a",
    ):
        answer = await api.http.get(path)
        assert answer.status_code == 403, path
        assert "not signed by this server" in answer.text


async def test_what_was_deleted_is_not_there_any_more(
    api: Api, resources: Resources, process: Process
) -> None:
    found = await ready(api, process)
    await resources.database.media.delete_many({})
    assert (await get(api, found["url"])).status_code == 404


async def test_a_storage_that_is_away_is_said_before_anything_is_sent(
    api: Api, resources: Resources, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await ready(api, process)

    async def away(*_: Any, **__: Any) -> None:
        raise StorageAway

    monkeypatch.setattr(type(resources.storage), "get", away)
    answer = await get(api, found["url"])
    assert answer.status_code == 503
    assert answer.headers["retry-after"]


async def test_a_published_picture_is_for_everybody_until_it_is_taken_back(
    api: Api, process: Process, clock: FixedClock
) -> None:
    body = picture()
    found = await ready(api, process, "a.png", body)
    url = (await publish(api, found["id"]))["media"]["publicUrl"]
    assert url.endswith(".png")
    assert (await publish(api, found["id"]))["media"]["publicUrl"] == url, "published already"
    clock.advance(timedelta(days=365))
    answer = await get(api, url)
    assert (answer.content, answer.headers["content-type"]) == (body, "image/png")
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert answer.headers["content-disposition"] == "inline"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    unchanged = await get(api, url, **{"if-none-match": answer.headers["etag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (await api.http.head(url)).headers["content-length"] == str(len(body))
    assert (await publish(api, found["id"], False))["media"]["publicUrl"] is None
    assert (await get(api, url)).status_code == 404
    assert (await publish(api, found["id"]))["media"]["publicUrl"] != url


async def test_only_pictures_that_are_ready_are_published(api: Api, process: Process) -> None:
    text = await ready(api, process, "a.csv", TEXT)
    waiting = await upload(api, "a.png", picture())
    for media_id in (text["id"], waiting):
        answer = await publish(api, media_id)
        assert answer["errors"][0]["code"] == "WRONG_STATE"
        assert (await media_of(api, media_id))["publicUrl"] is None
