"""Files over a bucket: from the upload to the download and the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.requests import ClientDisconnect

from crm_graphql.resources import Resources
from crm_graphql.storage.choose import choose_storage
from tests.gql.conftest import Api
from tests.media.conftest import Process
from tests.media.files import get, part, send, telling
from tests.media.test_links import ready
from tests.media.test_media import delete
from tests.servers.s3 import S3Server
from tests.storage.conftest import bucket_settings, s3_process, s3_server

__all__ = ["s3_process", "s3_server"]


@pytest.fixture
async def resources(resources: Resources, s3_server: S3Server) -> Resources:
    """Open resources whose storage is a bucket."""
    return replace(resources, storage=choose_storage(bucket_settings(s3_server)))


async def test_a_picture_lives_and_dies_in_a_bucket(api: Api, process: Process, s3_server: S3Server) -> None:
    found = await ready(api, process, "a.jpg", telling("JPEG"))
    assert found["status"] == "READY"
    assert (await get(api, found["url"], range="bytes=0-1")).content == b"\xff\xd8"
    assert len(s3_server.objects) == 2
    await delete(api, found["id"])
    assert not s3_server.objects


async def test_an_upload_that_breaks_off_leaves_nothing_in_the_bucket(api: Api, s3_server: S3Server) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield part("file", b"", "film.pdf")[:-2] + b"%PDF-1.7\n"
        for _ in range(400):
            yield bytes(64 * 1024)
        raise ClientDisconnect

    assert (await send(api, breaking())).status_code == 400
    assert s3_server.types, "parts of it came to the bucket"
    assert not s3_server.objects
    assert not s3_server.uploads


async def test_a_bucket_that_is_away_or_full_takes_nothing_and_says_which(
    api: Api, s3_server: S3Server
) -> None:
    s3_server.failure = (503, "SlowDown")
    answer = await send(api, part("file", telling("PNG"), "a.png") + b"--crm-tests--\r\n")
    assert answer.status_code == 503
    s3_server.failure = (507, "XMinioStorageFull")
    assert (await send(api, part("file", telling("PNG"), "a.png") + b"--crm-tests--\r\n")).status_code == 507
