"""A small server that speaks S3: objects, ranges, lists, uploads in parts, and its bad days.

It refuses what S3 refuses: a signature (Signature Version 4) that is wrong, too old or over other bytes,
parts that are too small, a range beyond the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import re
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ACCESS_KEY = "AKTESTSONLY"
SECRET_KEY = "tests-only-3kP0vTq8"
BUCKET = "crm-files"
REGION = "eu-test-1"
LEAST_PART_BYTES = 5 * 1024**2
LIST_AT_ONCE = 3
_EMPTY_HASH = hashlib.sha256(b"").hexdigest()


@dataclass
class StoredObject:
    """An object as the server holds it."""

    body: bytes
    content_type: str | None
    put_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def tag(self) -> str:
        return f'"{hashlib.md5(self.body).hexdigest()}"'


class S3Server:
    """The server, what it holds, and how its day is."""

    def __init__(self) -> None:
        self.url = ""
        self.reset()

    def reset(self) -> None:
        """As at the start: empty, and well."""
        self.objects: dict[str, StoredObject] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        self.types: dict[str, str | None] = {}
        self.asked: list[str] = []
        self.failure: tuple[int, str] | None = None
        self.failures_left = 0
        self.seconds = 0.0

    async def answer(self, request: Request) -> Response:
        """One request of any kind."""
        body = await request.body()
        self.asked.append(f"{request.method} {request.url.path}?{request.url.query}")
        await asyncio.sleep(self.seconds)
        if self.failures_left:
            self.failures_left -= 1
            return _error(503, "SlowDown")
        if self.failure:
            return _error(*self.failure)
        if problem := _unsigned(request, body):
            return _error(403, problem)
        bucket, _, key = request.url.path.removeprefix("/").partition("/")
        if bucket != BUCKET:
            return _error(404, "NoSuchBucket")
        asked = dict(parse_qsl(request.url.query, keep_blank_values=True))
        if not key:
            return self._delete_many(body) if "delete" in asked else self._list(asked)
        if request.method in ("PUT", "POST") or "uploadId" in asked:
            return self._put(request, key, asked, body)
        return self._one(request, key)

    def _put(self, request: Request, key: str, asked: dict[str, str], body: bytes) -> Response:
        content_type = request.headers.get("content-type")
        if "uploads" in asked:
            upload = f"upload-{len(self.types)}"
            self.uploads[upload], self.types[upload] = {}, content_type
            return _xml(
                f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{escape(key)}</Key>"
                f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>"
            )
        if "uploadId" not in asked:
            stored = self.objects[key] = StoredObject(body, content_type)
            return Response(headers={"etag": stored.tag})
        upload = asked["uploadId"]
        if upload not in self.uploads:
            return _error(404, "NoSuchUpload")
        if request.method == "DELETE":
            del self.uploads[upload]
            return Response(status_code=204)
        if "partNumber" in asked:
            self.uploads[upload][int(asked["partNumber"])] = body
            return Response(headers={"etag": StoredObject(body, None).tag})
        return self._complete(upload, key, body)

    def _complete(self, upload: str, key: str, body: bytes) -> Response:
        parts = self.uploads[upload]
        named = [int(number) for number in re.findall(rb"<PartNumber>(\d+)</PartNumber>", body)]
        if named != sorted(parts):
            return _error(400, "InvalidPart")
        if any(len(parts[number]) < LEAST_PART_BYTES for number in named[:-1]):
            return _error(400, "EntityTooSmall")
        whole = b"".join(parts[number] for number in named)
        stored = self.objects[key] = StoredObject(whole, self.types[upload])
        del self.uploads[upload]
        return _xml(
            f"<CompleteMultipartUploadResult><Location>x</Location><Bucket>{BUCKET}</Bucket>"
            f"<Key>{escape(key)}</Key><ETag>{escape(stored.tag)}</ETag></CompleteMultipartUploadResult>"
        )

    def _one(self, request: Request, key: str) -> Response:
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return Response(status_code=204)
        if (found := self.objects.get(key)) is None:
            return _error(404, "NoSuchKey")
        headers = {
            "etag": found.tag,
            "last-modified": found.put_at.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            "content-type": found.content_type or "binary/octet-stream",
        }
        size = len(found.body)
        if request.method == "HEAD":
            return Response(headers={**headers, "content-length": str(size)})
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", request.headers.get("range", ""))
        if not wanted:
            return Response(found.body, headers=headers)
        start, last = int(wanted[1]), min(int(wanted[2] or size), size - 1)
        if start >= size:
            return _error(416, "InvalidRange")
        headers["content-range"] = f"bytes {start}-{last}/{size}"
        return Response(found.body[start : last + 1], status_code=206, headers=headers)

    def _list(self, asked: dict[str, str]) -> Response:
        after = asked.get("continuation-token", "")
        keys = [
            key for key in sorted(self.objects) if key.startswith(asked.get("prefix", "")) and key > after
        ]
        page = keys[:LIST_AT_ONCE]
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{self.objects[key].put_at.isoformat()}</LastModified>"
            f"<ETag>{escape(self.objects[key].tag)}</ETag><Size>{len(self.objects[key].body)}</Size></Contents>"
            for key in page
        )
        more = (
            f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>"
            if len(keys) > len(page)
            else ""
        )
        return _xml(
            f"<ListBucketResult><IsTruncated>{str(bool(more)).lower()}</IsTruncated>{more}{entries}"
            "</ListBucketResult>"
        )

    def _delete_many(self, body: bytes) -> Response:
        keys = [node.text or "" for node in ElementTree.fromstring(body).iter() if node.tag.endswith("Key")]
        for key in keys:
            self.objects.pop(key, None)
        told = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        return _xml(f"<DeleteResult>{told}</DeleteResult>")


def _unsigned(request: Request, body: bytes) -> str | None:
    """Why S3 would not believe the signature, by its own words for it."""
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
        r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})",
        request.headers.get("authorization", ""),
    )
    if not match:
        return "AccessDenied"
    access_key, day, region, names, signature = match.groups()
    at, claimed = request.headers["x-amz-date"], request.headers["x-amz-content-sha256"]
    age = datetime.now(UTC) - datetime.strptime(at, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if access_key != ACCESS_KEY or region != REGION or not at.startswith(day):
        return "InvalidAccessKeyId"
    if abs(age.total_seconds()) > 900 or "host" not in names.split(";"):
        return "RequestTimeTooSkewed"
    if claimed not in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()):
        return "XAmzContentSHA256Mismatch"
    asked = sorted(parse_qsl(request.url.query, keep_blank_values=True))
    canonical = "\n".join(
        [
            request.method,
            quote(request.url.path, safe="/-_.~"),
            "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in asked),
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in names.split(";")),
            "",
            names,
            claimed,
        ]
    )
    scope = f"{day}/{region}/s3/aws4_request"
    signed = "\n".join(["AWS4-HMAC-SHA256", at, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (*scope.split("/"), signed):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return None if hmac.compare_digest(key.hex(), signature) else "SignatureDoesNotMatch"


def _xml(text: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="UTF-8"?>{text}', media_type="application/xml")


def _error(status: int, code: str) -> Response:
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>no</Message></Error>'
    return Response(body, status_code=status, media_type="application/xml")


@contextlib.contextmanager
def running_s3() -> Iterator[S3Server]:
    """The server on a free port of this machine."""
    server = S3Server()
    methods = ["GET", "HEAD", "PUT", "POST", "DELETE"]
    app = Starlette(routes=[Route("/{path:path}", server.answer, methods=methods)])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        served = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off"))
        thread = threading.Thread(target=served.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 20
        while not served.started:
            assert time.monotonic() < deadline, "the server that speaks S3 did not start"
            time.sleep(0.01)
        yield server
        served.should_exit = True
        thread.join(10)
