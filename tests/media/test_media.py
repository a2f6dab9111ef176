"""Files in the API: lists, search, customers' files, deletion, erasure, watching, room."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crm_graphql.core.actor import Role
from crm_graphql.core.ids import decode_key
from crm_graphql.erasure.reconcile import ErasureReconciler
from crm_graphql.media.reconcile import reconcile_media
from crm_graphql.media.room import stored_bytes
from crm_graphql.resources import Resources
from crm_graphql.storage.folder import FolderStorage
from crm_graphql.storage.port import StorageAway
from tests.customers.edits import create
from tests.customers.merges import merge
from tests.customers.test_erasing import erase
from tests.gql.conftest import Api
from tests.media.conftest import Process
from tests.media.factories import insert_media
from tests.media.files import (
    bearer,
    change_settings,
    form,
    get,
    media_of,
    picture,
    send,
    serve,
    stored,
    upload,
)
from tests.media.test_links import publish, ready

ATTACH = """mutation ($input: MediaAttachInput!) { mediaAttach(input: $input) {
  media { id customers { nodes { externalId } totalCount } } errors { code path } } }"""
DETACH = ATTACH.replace("mediaAttach(", "mediaDetach(")
DELETE = """mutation ($input: MediaDeleteInput!) { mediaDelete(input: $input) {
  deletedId errors { code message } } }"""
FILES = """query ($search: String, $kind: MediaKind, $first: Int, $after: String) {
  mediaFiles(search: $search, kind: $kind, first: $first, after: $after) {
    nodes { filename } pageInfo { endCursor hasNextPage } totalCount } }"""


async def attach(api: Api, media_id: str, customer: str, document: str = ATTACH) -> dict[str, Any]:
    variables = {"input": {"id": media_id, "customer": {"externalId": customer}}}
    (found,) = (await api.data(document, variables)).values()
    answer: dict[str, Any] = found
    return answer


async def delete(api: Api, media_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await api.data(DELETE, {"input": {"id": media_id}}))["mediaDelete"]
    return found


async def test_files_are_found_by_the_beginnings_of_their_words_newest_first(api: Api) -> None:
    for name in ("Summer sale-banner.png", "winter Sale.png", "logo.png"):
        await upload(api, name, picture())
    page = (await api.data(FILES, {"search": "SAL", "first": 1}))["mediaFiles"]
    assert [node["filename"] for node in page["nodes"]] == ["winter Sale.png"]
    assert page["pageInfo"]["hasNextPage"]
    after = page["pageInfo"]["endCursor"]
    rest = (await api.data(FILES, {"search": "SAL", "after": after}))["mediaFiles"]
    assert [node["filename"] for node in rest["nodes"]] == ["Summer sale-banner.png"]
    found = (await api.data(FILES, {"search": "banner summ"}))["mediaFiles"]
    assert found["totalCount"] == 1


async def test_files_are_of_one_kind_each_also_where_they_are_searched_for(api: Api) -> None:
    await insert_media("sale banner.png")
    await insert_media("sale terms.pdf", content_type="application/pdf")
    await insert_media("sale prices.csv", content_type="text/csv")
    await insert_media("logo.webp", content_type="image/webp")
    found = {}
    for kind in ("PICTURE", "DOCUMENT", "TEXT"):
        page = (await api.data(FILES, {"search": "sale", "kind": kind}))["mediaFiles"]
        found[kind] = [node["filename"] for node in page["nodes"]]
    assert found == {
        "PICTURE": ["sale banner.png"],
        "DOCUMENT": ["sale terms.pdf"],
        "TEXT": ["sale prices.csv"],
    }
    assert (await api.data(FILES, {"kind": "PICTURE"}))["mediaFiles"]["totalCount"] == 2


async def test_a_file_belongs_to_customers_and_is_seen_from_both_sides(api: Api) -> None:
    first, second = await upload(api, "a.png", picture()), await upload(api, "b.png", picture())
    for name in ("ada", "ole"):
        await create(api.resources, name)
    for media_id, customer in ((first, "ada"), (first, "ole"), (second, "ada"), (first, "ada")):
        assert (await attach(api, media_id, customer))["errors"] == []
    held = (await attach(api, first, "ole"))["media"]["customers"]
    assert ([node["externalId"] for node in held["nodes"]], held["totalCount"]) == (["ole", "ada"], 2)
    document = "{ customers { nodes { externalId media(first: 1) { nodes { filename } totalCount } } } }"
    nodes = (await api.data(document))["customers"]["nodes"]
    assert {node["externalId"]: node["media"] for node in nodes} == {
        "ada": {"nodes": [{"filename": "b.png"}], "totalCount": 2},
        "ole": {"nodes": [{"filename": "a.png"}], "totalCount": 1},
    }
    for _ in range(2):
        left = await attach(api, first, "ada", DETACH)
        assert [node["externalId"] for node in left["media"]["customers"]["nodes"]] == ["ole"]


async def test_what_is_not_there_is_not_attached(api: Api) -> None:
    media_id = await upload(api, "a.png", picture())
    assert (await attach(api, media_id, "nobody"))["errors"] == [{"code": "NOT_FOUND", "path": ["customer"]}]
    await create(api.resources, "ada")
    await delete(api, media_id)
    assert (await attach(api, media_id, "ada"))["errors"] == [{"code": "NOT_FOUND", "path": ["id"]}]


async def test_a_deleted_file_is_gone_from_everywhere(api: Api, process: Process, tmp_path: Path) -> None:
    found = await ready(api, process)
    await create(api.resources, "ada")
    await attach(api, found["id"], "ada")
    assert (await delete(api, found["id"])) == {"deletedId": found["id"], "errors": []}
    assert not stored(tmp_path)
    assert await stored_bytes() == 0
    assert (await get(api, found["url"])).status_code == 404
    assert (await api.data("{ customers { nodes { media { totalCount } } } }"))["customers"]["nodes"] == [
        {"media": {"totalCount": 0}}
    ]
    assert (await delete(api, found["id"]))["errors"][0]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("status", "code"),
    [("DRAFT", "WRONG_STATE"), ("SENDING", "WRONG_STATE"), ("PAUSED", "WRONG_STATE"), ("COMPLETED", None)],
)
async def test_a_picture_stays_while_a_campaign_that_has_not_ended_shows_it(
    api: Api, resources: Resources, process: Process, status: str, code: str | None
) -> None:
    found = await ready(api, process)
    url = (await publish(api, found["id"]))["media"]["publicUrl"]
    body = f'<p>Hello</p><img src="{url}">'
    message = {"subject": "Hi", "body": body}
    await resources.database.campaigns.insert_one({"name": "Spring", "status": status, "message": message})
    answer = await delete(api, found["id"])
    assert [error["code"] for error in answer["errors"]] == ([code] if code else [])
    assert (await get(api, url)).status_code == (200 if code else 404)
    if code:
        assert '"Spring"' in answer["errors"][0]["message"]


async def test_what_the_storage_cannot_remove_now_goes_later(
    api: Api, resources: Resources, process: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await ready(api, process)

    async def away(*_: Any) -> None:
        raise StorageAway

    with monkeypatch.context() as patch:
        patch.setattr(FolderStorage, "delete", away)
        assert (await delete(api, found["id"]))["deletedId"] == found["id"]
    assert len(stored(tmp_path)) == 2
    await reconcile_media(resources.storage, resources.bus)
    assert not stored(tmp_path)
    assert await resources.database.media_removals.count_documents({}) == 0


async def test_files_of_the_erased_go_and_those_of_others_too_stay(
    api: Api, resources: Resources, process: Process, tmp_path: Path
) -> None:
    own, shared = await ready(api, process, "own.png"), await ready(api, process, "shared.png")
    await create(resources, "ada")
    await create(resources, "ole")
    for media_id, customer in ((own["id"], "ada"), (shared["id"], "ada"), (shared["id"], "ole")):
        await attach(api, media_id, customer)
    await erase(resources, "ada")
    await ErasureReconciler(resources.in_transaction, resources.bus, resources.clock).run()
    await reconcile_media(resources.storage, resources.bus)
    assert (await get(api, own["url"])).status_code == 404
    held = await attach(api, shared["id"], "ole")
    assert [node["externalId"] for node in held["media"]["customers"]["nodes"]] == ["ole"]
    assert len(stored(tmp_path)) == 2
    assert await stored_bytes() == sum(path.stat().st_size for path in stored(tmp_path))


async def test_files_of_who_is_merged_are_the_survivors_each_once(api: Api, resources: Resources) -> None:
    both, one = await upload(api, "both.png", picture()), await upload(api, "one.png", picture())
    for name in ("ada", "twin"):
        await create(resources, name)
    for media_id, customer in ((both, "ada"), (both, "twin"), (one, "twin")):
        await attach(api, media_id, customer)
    await merge(resources, "ada", "twin")
    document = '{ customer(by: {externalId: "twin"}) { externalId media { nodes { filename } totalCount } } }'
    held = (await api.data(document))["customer"]
    assert held["externalId"] == "ada"
    assert sorted(node["filename"] for node in held["media"]["nodes"]) == ["both.png", "one.png"]
    assert held["media"]["totalCount"] == 2
    rows = await resources.database.media.find().to_list()
    assert [row["attached"] for row in rows] == [1, 1]
    (merged,) = await resources.database.merged_customers.find().to_list()
    late = {
        "media_id": decode_key("Media", await upload(api, "late.png", picture())),
        "customer_id": merged["_id"],
    }
    await resources.database.media_attachments.insert_one(late)
    assert (await api.data(document))["customer"]["media"]["totalCount"] == 3, "not moved yet"
    left = await attach(api, one, "twin", DETACH)
    assert left["media"]["customers"]["totalCount"] == 0


async def test_watching_a_file_ends_when_it_is_ready(
    api: Api, resources: Resources, process: Process
) -> None:
    media_id = await upload(api, "a.png", picture())
    watch = "subscription ($id: ID!) { mediaProcessing(mediaId: $id) { status url } }"
    seen: list[Any] = []

    async def listen() -> None:
        headers = {"accept": "text/event-stream", **bearer(resources)}
        body = {"query": watch, "variables": {"id": media_id}}
        answer = await api.http.post("/graphql", json=body, headers=headers)
        seen.append(answer.text)

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.5)
    await process()
    await asyncio.wait_for(listening, 20)
    assert seen[0].index('"PROCESSING"') < seen[0].index('"READY"')
    assert "event: complete" in seen[0]


@pytest.mark.parametrize("role", [Role.VIEWER, Role.INGESTOR])
async def test_whoever_may_not_write_changes_nothing(api: Api, role: Role) -> None:
    media_id = await upload(api, "a.png", picture())
    answer = await api.ask(DELETE, {"input": {"id": media_id}}, role=role)
    assert answer["data"]["mediaDelete"]["errors"][0]["code"] == "FORBIDDEN"
    assert (await media_of(api, media_id))["id"] == media_id


async def test_the_room_of_all_files_is_kept_to_exactly(
    api: Api, resources: Resources, tmp_path: Path
) -> None:
    body = picture()
    change_settings(api, storage_limit_bytes=3 * len(body))
    answers = await asyncio.gather(*(send(api, form((f"{n}.png", body))) for n in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [507] * 5
    assert await stored_bytes() == 3 * len(body)
    assert len(stored(tmp_path)) == 3
    full = await send(api, form(("a.png", body)))
    assert full.json()["errors"][0]["code"] == "LIMIT_EXCEEDED"
    assert "CRM_STORAGE_LIMIT_BYTES" in full.text


async def test_a_storage_that_is_full_or_away_takes_nothing_and_says_so(
    api: Api, resources: Resources, tmp_path: Path
) -> None:
    full = FolderStorage(tmp_path / "files", free_bytes=2**60)
    (tmp_path / "no folder").write_text("")
    away = FolderStorage(tmp_path / "no folder" / "files", free_bytes=0)
    for storage, expected in ((full, 507), (away, 503)):
        serve(api, replace(resources, storage=storage))
        answer = await send(api, form(("a.png", picture())))
        assert answer.status_code == expected
        assert answer.headers["retry-after"]
        assert answer.json()["errors"][0]["code"] == "UNAVAILABLE"
    assert await resources.database.media.count_documents({}) == 0
    assert await stored_bytes() == 0
