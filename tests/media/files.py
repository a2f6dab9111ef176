"""Files to upload, forms to send them in, and what the API says of them."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from PIL.PngImagePlugin import PngInfo
from starlette.applications import Starlette

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.resources import Resources
from tests.gql.conftest import Api

BOUNDARY = "crm-tests"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
SECRET = "Ada's own kitchen"

MEDIA = """query ($id: ID!) { media(id: $id) {
  id filename contentType sizeBytes sha256 status rejectionReason url thumbnailUrl publicUrl createdAt
} }"""


def picture(form: str = "PNG", size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    """A picture whose left half is red."""
    made = Image.new("RGB", size, "blue")
    made.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    made.save(out, form, **options)
    return out.getvalue()


def telling(form: str, *, turned: bool = False, size: tuple[int, int] = (40, 20)) -> bytes:
    """A picture that says where it was taken, and lies on its side where it is `turned`."""
    exif = Image.Exif()
    exif[Base.ImageDescription] = SECRET
    if turned:
        exif[Base.Orientation] = 6
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (52.0, 31.0, 12.0)
    options: dict[str, Any] = {"exif": exif}
    if form == "PNG":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_text("Author", SECRET)
    if form == "GIF":
        options = {"comment": SECRET.encode()}
    return picture(form, size, **options)


def part(name: str, content: bytes, filename: str | None, content_type: str = "image/png") -> bytes:
    """One part of a form, as a browser writes it."""
    named = "" if filename is None else f'; filename="{filename}"'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n'
    return f"{head}Content-Type: {content_type}\r\n\r\n".encode() + content + b"\r\n"


def form(*files: tuple[str, bytes]) -> bytes:
    """A whole form of files, each by its name."""
    parts = b"".join(part("file", content, name) for name, content in files)
    return parts + f"--{BOUNDARY}--\r\n".encode()


async def in_pieces(body: bytes, size: int = 60_000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def bearer(resources: Resources, role: Role = Role.MARKETER) -> dict[str, str]:
    """The header that says who asks."""
    token = mint_token(resources.settings, role, timedelta(minutes=5), "tester")
    return {"authorization": f"Bearer {token}"}


async def send(
    api: Api, content: bytes | AsyncIterator[bytes], path: str = "/media", *, role: Role = Role.MARKETER
) -> httpx.Response:
    """The answer to a form."""
    return await api.http.post(path, content=content, headers={**FORM, **bearer(api.resources, role)})


async def upload(api: Api, filename: str, content: bytes) -> str:
    """The id of a file that was taken."""
    answer = await send(api, form((filename, content)))
    assert answer.status_code == 201, answer.text
    found: str = answer.json()["id"]
    return found


def change_settings(api: Api, **changes: object) -> None:
    """From now on the API goes by these settings."""
    settings = api.resources.settings.model_copy(update=changes)
    serve(api, api.resources.with_settings(settings))


def serve(api: Api, resources: Resources) -> None:
    """From now on the API is over these resources."""
    transport = api.http._transport
    assert isinstance(transport, httpx.ASGITransport)
    app = transport.app
    assert isinstance(app, Starlette)
    app.state.resources = resources


async def media_of(api: Api, media_id: str) -> dict[str, Any]:
    """The file as clients see it."""
    found: dict[str, Any] = (await api.data(MEDIA, {"id": media_id}))["media"]
    return found


async def get(api: Api, url: str, **headers: str) -> httpx.Response:
    """What an address of this server opens, for somebody who is not signed in."""
    parts = urlsplit(url)
    return await api.http.get(f"{parts.path}?{parts.query}", headers=headers)


def stored(folder: Path) -> Sequence[Path]:
    """All files on the disk, those that are not whole included."""
    return [path for path in folder.rglob("*") if path.is_file()]
