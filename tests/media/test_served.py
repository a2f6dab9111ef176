"""Files over the wire: taken, made ready by a consumer, and gone when the wire breaks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.media.files import BOUNDARY, FORM, MEDIA, SECRET, form, part, stored, telling
from tests.servers.deployment import Deployment, eventually

pytestmark = pytest.mark.xdist_group("protocols")


async def test_a_picture_is_ready_some_moments_after_its_upload(served: Deployment) -> None:
    headers = {**FORM, "authorization": f"Bearer {served.token}"}
    answer = await served.http.post("/media", content=form(("a.jpg", telling("JPEG"))), headers=headers)
    assert answer.status_code == 201
    found: dict[str, Any] = {}

    async def ready() -> bool:
        found.update((await served.graphql(MEDIA, {"id": answer.json()["id"]}))["media"])
        return bool(found["status"] == "READY")

    await eventually(ready, what="the picture")
    clean = await served.http.get(found["url"].replace("http://127.0.0.1:8000", served.url))
    assert clean.headers["content-disposition"].startswith("attachment")
    assert SECRET.encode() not in clean.content


async def test_an_upload_whose_wire_breaks_leaves_nothing(served: Deployment) -> None:
    folder = served.folder / ".crm" / "files"
    before = set(stored(folder))
    _, writer = await asyncio.open_connection("127.0.0.1", served.ports[0])
    head = (
        f"POST /media HTTP/1.1\r\nHost: crm\r\nAuthorization: Bearer {served.token}\r\n"
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: 90000000\r\n\r\n"
    )
    writer.write(head.encode() + part("file", b"", "film.pdf")[:-2] + b"%PDF-1.7\n")
    for _ in range(300):
        writer.write(bytes(64 * 1024))
        await writer.drain()

    async def begun() -> bool:
        return bool(set(stored(folder)) - before)

    async def gone() -> bool:
        return not set(stored(folder)) - before

    await eventually(begun, what="bytes in the storage")
    writer.transport.abort()
    await eventually(gone, what="nothing of them")
