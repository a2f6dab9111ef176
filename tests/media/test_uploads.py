"""Uploads: what is taken, what is refused, and that nothing is left of what broke off."""

from __future__ import annotations

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from starlette.requests import ClientDisconnect

from crm_graphql.core.actor import Role
from crm_graphql.core.forms import FIELDS_BYTES
from crm_graphql.resources import Resources
from tests.gql.conftest import Api
from tests.media.files import (
    BOUNDARY,
    FORM,
    bearer,
    change_settings,
    form,
    in_pieces,
    media_of,
    part,
    picture,
    send,
    stored,
    upload,
)

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"


def workbook() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    book.add_worksheet().write(0, 0, "hello")
    book.close()
    return out.getvalue()


async def test_an_upload_is_answered_with_what_it_is_and_its_hash(api: Api) -> None:
    body = picture()
    answer = await send(api, form(("Logo of Ours.png", body)))
    assert answer.status_code == 201
    told = answer.json()
    assert told["id"]
    assert told["sha256"] == hashlib.sha256(body).hexdigest()
    assert (told["filename"], told["contentType"], told["sizeBytes"], told["status"]) == (
        *("Logo of Ours.png", "image/png", len(body), "PROCESSING"),
    )
    found = await media_of(api, told["id"])
    assert {name: found[name] for name in told} == told
    assert (found["url"], found["thumbnailUrl"], found["publicUrl"]) == (None, None, None)


@pytest.mark.parametrize(
    ("name", "content", "content_type", "kept"),
    [
        ("a.jpeg", picture("JPEG"), "image/jpeg", "a.jpeg"),
        ("a.gif", picture("GIF"), "image/gif", "a.gif"),
        ("a.webp", picture("WEBP"), "image/webp", "a.webp"),
        ("offer.pdf", PDF, "application/pdf", "offer.pdf"),
        ("list.csv", b"name;city\nAda;Z\xfcrich\n", "text/csv", "list.csv"),
        ("notes", b"BMW is a make of cars\n", "text/plain", "notes.txt"),
        (
            "b.xlsx",
            workbook(),
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "b.xlsx",
        ),
        # What lies about its type is called by what it is.
        ("photo.jpg", picture("PNG"), "image/png", "photo.png"),
        ("invoice.png", PDF, "application/pdf", "invoice.pdf"),
        ("page.html", b"just some words", "text/plain", "page.txt"),
        ("setup.exe", b"just some words", "text/plain", "setup.txt"),
        ("v1.2 final", PDF, "application/pdf", "v1.2 final.pdf"),
    ],
)
async def test_a_file_is_what_its_content_is(
    api: Api, name: str, content: bytes, content_type: str, kept: str
) -> None:
    found = await media_of(api, await upload(api, name, content))
    assert (found["contentType"], found["filename"]) == (content_type, kept)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("cat.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        ("cat.png", b"\xef\xbb\xbf \n<?xml version='1.0'?><svg/>", "SVG"),
        ("cat.png", b"<!doctype html><script>alert(1)</script>", "HTML"),
        ("notes.txt", b"<html>hello", "HTML"),
        ("cat.png", b"MZ\x90\x00\x03" + bytes(500), "not taken"),
        ("cat.png", b"PK\x03\x04" + bytes(500), "not taken"),
        ("notes.txt", b"words, and then \x00\x01", "not taken"),
        ("cat.png", b"", "empty"),
    ],
)
async def test_what_lies_or_could_run_is_refused_and_nothing_of_it_kept(
    api: Api, tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    answer = await send(api, form((name, content)))
    assert answer.status_code == 400
    assert why in answer.json()["errors"][0]["message"]
    assert not stored(tmp_path)
    assert await api.resources.database.media.count_documents({}) == 0


async def test_a_text_that_goes_on_as_something_else_is_refused(api: Api, tmp_path: Path) -> None:
    answer = await send(api, form(("notes.txt", b"words " * 500_000 + b"\x00")))
    assert answer.status_code == 400
    assert "goes on as something else" in answer.text
    assert not stored(tmp_path)


async def test_a_type_that_the_deployment_does_not_allow_is_refused(api: Api) -> None:
    change_settings(api, media_types=["image/png"])
    answer = await send(api, form(("offer.pdf", PDF)))
    assert answer.status_code == 400
    assert "CRM_MEDIA_TYPES" in answer.text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../../etc/passwd", "passwd.png"),
        ("..\\\\..\\\\windows\\\\system32\\\\evil.png", "evil.png"),
        ("/abs/olute.png", "olute.png"),
        ("..", "file.png"),
        (".hidden.png", "hidden.png"),
        ("annual\u202egnp.exe", "annualgnp.png"),
        ("a\u200bb\u0007c.png", "abc.png"),
        ("tab\there  twice.png", "tab here twice.png"),
        ("CON.png", "_CON.png"),
        ("a:b*c?.png", "a_b_c_.png"),
        ("x" * 1_000 + ".png", "x" * 116 + ".png"),
        ("日本語の名前.png", "日本語の名前.png"),
    ],
)
async def test_a_name_is_made_harmless(api: Api, given: str, kept: str) -> None:
    found = await media_of(api, await upload(api, given, picture()))
    assert found["filename"] == kept


async def test_a_large_upload_that_breaks_off_leaves_nothing(
    api: Api, resources: Resources, tmp_path: Path
) -> None:
    begun = part("file", b"", "film.pdf")[:-2] + PDF
    sizes: list[int] = []

    async def breaking() -> AsyncIterator[bytes]:
        yield begun
        for _ in range(1_500):
            yield bytes(64 * 1024)
        sizes.extend(path.stat().st_size for path in stored(tmp_path))
        raise ClientDisconnect

    assert (await send(api, breaking())).status_code == 400
    assert sum(sizes) > 90_000_000, "it came to the storage before it broke off"
    assert not stored(tmp_path)
    assert await resources.database.media.count_documents({}) == 0


async def test_a_form_that_ends_too_early_leaves_nothing(api: Api, tmp_path: Path) -> None:
    whole = form(("a.png", picture()), ("b.png", picture()))
    answer = await send(api, in_pieces(whole[: len(whole) * 3 // 4], 50), "/media/bulk")
    assert answer.status_code == 400
    assert "ends too early" in answer.text
    assert not stored(tmp_path)


async def test_a_batch_takes_what_is_good_and_says_what_is_not(api: Api, resources: Resources) -> None:
    files = (("a.png", picture()), ("b.png", b"MZ\x00"), ("c.pdf", PDF))
    answer = await send(api, form(*files), "/media/bulk")
    assert answer.status_code == 201
    first, second, third = answer.json()["files"]
    assert (first["media"]["filename"], third["media"]["filename"]) == ("a.png", "c.pdf")
    assert second["media"] is None
    assert second["errors"][0]["path"] == ["files", "1"]
    assert await resources.database.media.count_documents({}) == 2
    events = await resources.database.audit_events.find({"action": "mediaUpload"}).to_list()
    assert {event["subject_id"] for event in events} == {first["media"]["id"], third["media"]["id"]}


async def test_one_file_named_ten_thousand_times_is_refused_in_bounded_memory(
    api: Api, tmp_path: Path
) -> None:
    many = [("same.png", picture())] * 10_000
    for path in ("/media", "/media/bulk"):
        answer = await send(api, in_pieces(form(*many)), path)
        assert answer.status_code == 413
    assert not stored(tmp_path)


async def test_two_files_are_not_taken_for_one(api: Api, tmp_path: Path) -> None:
    answer = await send(api, form(("a.png", picture()), ("a.png", picture())))
    assert answer.status_code == 400
    assert "/media/bulk" in answer.text
    assert not stored(tmp_path)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"nonsense", 400),
        (f"--{BOUNDARY}--\r\n".encode(), 400),
        (part("note", b"words", None) + f"--{BOUNDARY}--\r\n".encode(), 400),
        (b"".join(part(f"f{n}", b"x", None) for n in range(10_000)), 413),
        (part("note", bytes(2 * FIELDS_BYTES), None), 400),
        (part("x" * 2 * FIELDS_BYTES, b"", "a.png"), 400),
    ],
)
@pytest.mark.parametrize("path", ["/media", "/media/bulk"])
async def test_a_hostile_form_is_refused(
    api: Api, tmp_path: Path, path: str, body: bytes, status: int
) -> None:
    answer = await send(api, in_pieces(body), path)
    assert answer.status_code == status, answer.text
    assert answer.json()["errors"][0]["message"]
    assert not stored(tmp_path)


async def test_what_is_no_form_is_told_so(api: Api) -> None:
    for headers in ({"content-type": "image/png"}, {**FORM, "content-encoding": "gzip"}):
        answer = await api.http.post(
            "/media", content=picture(), headers={**headers, **bearer(api.resources)}
        )
        assert answer.status_code == 415


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.INGESTOR, 403), (Role.ADMIN, 201)])
async def test_whoever_may_not_write_files_uploads_none(api: Api, role: Role, status: int) -> None:
    answer = await send(api, form(("a.png", picture())), role=role)
    assert answer.status_code == status


async def test_a_stranger_uploads_nothing(api: Api) -> None:
    assert (await api.http.post("/media", content=form(), headers=FORM)).status_code == 401


def docx() -> dict[str, Any]:
    return {"[Content_Types].xml": "<Types/>", "_rels/.rels": "<r/>", "word/document.xml": "<w/>"}


async def test_a_word_document_is_told_from_any_zip(api: Api) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in docx().items():
            archive.writestr(name, text)
    found = await media_of(api, await upload(api, "letter.zip", out.getvalue()))
    assert found["filename"] == "letter.docx"


async def test_a_file_beyond_the_limit_is_refused_and_in_a_batch_alone(api: Api, tmp_path: Path) -> None:
    change_settings(api, media_file_bytes=len(PDF))
    large = ("large.pdf", PDF + b" ")
    for body in (form(large), form(("huge.pdf", PDF * 100_000))):
        answer = await send(api, in_pieces(body))
        assert answer.status_code == 413
        assert answer.json()["errors"][0]["code"] == "LIMIT_EXCEEDED"
    assert not stored(tmp_path)
    answer = await send(api, in_pieces(form(large, ("good.pdf", PDF))), "/media/bulk")
    first, second = answer.json()["files"]
    assert (first["errors"][0]["code"], second["media"]["filename"]) == ("LIMIT_EXCEEDED", "good.pdf")
    assert len(stored(tmp_path)) == 1


async def test_a_batch_beyond_the_limit_leaves_none_of_its_files(api: Api, tmp_path: Path) -> None:
    change_settings(api, media_batch_bytes=1_000)
    files = [(f"{n}.pdf", PDF * 10_000) for n in range(5)]
    answer = await send(api, in_pieces(form(*files)), "/media/bulk")
    assert answer.status_code == 413
    assert not stored(tmp_path)
    assert await api.resources.database.media.count_documents({}) == 0


async def test_a_promise_of_too_much_is_refused_before_it_comes(api: Api) -> None:
    headers = {**FORM, **bearer(api.resources), "content-length": str(10**9)}
    answer = await api.http.post("/media", content=form(("offer.pdf", PDF)), headers=headers)
    assert answer.status_code == 413


async def test_an_upload_that_comes_too_slowly_is_given_up(api: Api, tmp_path: Path) -> None:
    change_settings(api, media_read_seconds=0.2)

    async def slow() -> AsyncIterator[bytes]:
        yield part("file", b"", "film.pdf")[:-2] + PDF + bytes(200_000)
        await asyncio.sleep(5)
        yield b""

    answer = await send(api, slow())
    assert answer.status_code == 408
    assert "CRM_MEDIA_READ_SECONDS" in answer.text
    assert not stored(tmp_path)
