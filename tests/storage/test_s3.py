"""A bucket as storage: signatures, parts, and the bad days of its server."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import AsyncIterator

import pytest

from crm_graphql.core.settings import SettingsError, load_settings
from crm_graphql.storage.choose import choose_storage
from crm_graphql.storage.port import StorageAway, StorageFull, read_whole
from tests.servers.s3 import S3Server
from tests.storage.conftest import bucket_settings
from tests.storage.test_port import LARGE, in_pieces, put


async def test_an_object_keeps_its_type_in_parts_or_whole(s3_server: S3Server) -> None:
    storage = choose_storage(bucket_settings(s3_server))
    for key, body in (("media/small", b"a"), ("media/large", LARGE)):
        await storage.put(key, in_pieces(body), content_type="image/png")
    assert {one.content_type for one in s3_server.objects.values()} == {"image/png"}
    assert [asked for asked in s3_server.asked if "partNumber=3" in asked]


async def test_an_upload_that_breaks_off_is_given_up_on_the_server_too(s3_server: S3Server) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield LARGE
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await choose_storage(bucket_settings(s3_server)).put(
            "media/one", breaking(), content_type="text/plain"
        )
    assert s3_server.types
    assert not s3_server.uploads


@pytest.mark.parametrize(("status", "code"), [(507, "XMinioStorageFull"), (403, "QuotaExceeded")])
@pytest.mark.parametrize("body", [b"a", LARGE], ids=["whole", "in parts"])
async def test_a_server_that_has_no_room_is_full(
    s3_server: S3Server, status: int, code: str, body: bytes
) -> None:
    s3_server.failure = (status, code)
    with pytest.raises(StorageFull):
        await put(choose_storage(bucket_settings(s3_server)), "media/one", body)


@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (403, "AccessDenied")]
)
async def test_a_server_that_fails_is_away_for_every_call(
    s3_server: S3Server, status: int, code: str
) -> None:
    storage = choose_storage(bucket_settings(s3_server))
    await put(storage, "media/one", b"a")
    reading = await storage.get("media/one")
    s3_server.failure = (status, code)
    with pytest.raises(StorageAway):
        await put(storage, "media/two", LARGE)
    with pytest.raises(StorageAway):
        await storage.size("media/one")
    with pytest.raises(StorageAway):
        await storage.delete("media/one")
    with pytest.raises(StorageAway):
        _ = [one async for one in storage.list("media")]
    with pytest.raises(StorageAway):
        _ = [piece async for piece in reading]


async def test_a_failure_that_passes_is_waited_out(s3_server: S3Server) -> None:
    storage = choose_storage(bucket_settings(s3_server))
    s3_server.failures_left = 1
    await put(storage, "media/one", b"a")
    assert await read_whole(storage, "media/one") == b"a"
    assert [asked.split()[0] for asked in s3_server.asked[:2]] == ["PUT", "PUT"]


async def test_a_server_that_never_answers_is_away_in_time(s3_server: S3Server) -> None:
    s3_server.seconds = 30
    began = time.monotonic()
    with pytest.raises(StorageAway):
        await choose_storage(bucket_settings(s3_server, storage_timeout_seconds=0.5)).size("media/one")
    assert time.monotonic() - began < 5


async def test_a_server_that_is_not_there_is_away_in_time() -> None:
    nobody = S3Server()
    nobody.url = "http://127.0.0.1:9"
    began = time.monotonic()
    with pytest.raises(StorageAway):
        await put(choose_storage(bucket_settings(nobody)), "media/one", LARGE)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "wrong",
    [{"storage_secret_key": "another"}, {"storage_region": "elsewhere"}, {"storage_bucket": "not-there"}],
)
async def test_keys_or_names_that_are_wrong_make_it_away_and_never_missing(
    s3_server: S3Server, wrong: dict[str, object]
) -> None:
    storage = choose_storage(bucket_settings(s3_server, **wrong))
    with pytest.raises(StorageAway):
        await put(storage, "media/one", b"a")
    with pytest.raises(StorageAway):
        await storage.delete("media/one")


def test_a_bucket_without_a_name_is_said_at_the_start() -> None:
    with pytest.raises(SettingsError, match="CRM_STORAGE_BUCKET"):
        load_settings(_env_file=None, storage="s3")


def test_processes_that_keep_files_in_a_folder_load_no_client() -> None:
    script = "import sys, crm_graphql.app, consumers.registry; sys.exit('obstore' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
