"""POST /media and /media/bulk: files as forms, streamed; GET /media/{id} and its thumbnail by signed links;
GET /media/public/{name} for everybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from bson import ObjectId
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from structlog import get_logger

from crm_graphql.audit.service import record
from crm_graphql.core.actor import Actor
from crm_graphql.core.bodies import paced, promises_more
from crm_graphql.core.errors import DomainError, InvalidInput, LimitExceeded, NotFound, Unavailable
from crm_graphql.core.forms import FIELDS_BYTES, Form, is_form
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Row
from crm_graphql.http.doors import authenticate, refusal
from crm_graphql.http.downloads import Download, download_response
from crm_graphql.http.draining import drain
from crm_graphql.media.documents import MediaStatus
from crm_graphql.media.intake import Intake
from crm_graphql.media.links import PUBLIC_PATH, Shape, check_link
from crm_graphql.media.queries import find_media, find_published
from crm_graphql.media.room import NoRoom
from crm_graphql.media.types import FILE_TYPES
from crm_graphql.mongo.transient import is_transient
from crm_graphql.storage.port import StorageFull

UPLOAD_SECONDS = 6 * 3600.0
"""No upload takes longer: by then the sweeper could take for left behind what is still to be taken."""
PUBLIC_SECONDS = 3600
"""How long a published picture may still be seen where it was seen before, once it is taken back."""

_OTHER_FIELDS = 20
_TOO_SLOW = "The upload came too slowly (CRM_MEDIA_READ_SECONDS). Nothing was taken of it; send it again."
_AWAY = "The database is away. Nothing was taken; send it again later."
_log = get_logger(__name__)

Answer = Callable[[Request, Actor, AsyncIterator[bytes]], Awaitable[Response]]


class _NoForm(DomainError):
    """The body is no form."""


async def _uploaded(request: Request, *, answer: Answer) -> Response:
    """What `answer` makes of the upload, or what is wrong with it: then nothing of it is left."""
    stream = request.stream()
    actor: Actor | None = None
    try:
        actor = await authenticate(request)
        async with asyncio.timeout(UPLOAD_SECONDS):
            return await answer(request, actor, stream)
    except ClientDisconnect:
        return Response(status_code=400)
    except DomainError as error:
        if actor is not None:
            await _audit(request, actor, None, error.code.value)
        await drain(stream)
        return refusal(error, status=_status(error))
    except TimeoutError:
        return refusal(InvalidInput(_TOO_SLOW), status=408)
    except Exception as error:
        if not is_transient(error):
            raise
        _log.warning("files not taken, the database is away", reason=str(error))
        await drain(stream)
        return refusal(Unavailable(_AWAY))


def _status(error: DomainError) -> int | None:
    if isinstance(error, _NoForm):
        return 415
    return 507 if isinstance(error, StorageFull | NoRoom) else None


async def _one(request: Request, actor: Actor, stream: AsyncIterator[bytes]) -> Response:
    """Answers 201 with the file."""
    settings = request.app.state.resources.settings
    form = _form(request, stream, settings.media_file_bytes, files=1)
    async with Intake(actor, request.app.state.resources.storage, settings) as intake:
        count = 0
        async for part in form.parts():
            if part.filename is None:
                continue
            count += 1
            if count > 1:
                raise InvalidInput(
                    "The form has two files. Send several to POST /media/bulk.", path=("file",)
                )
            await intake.add(part.filename, part.pieces())
        if not count:
            raise InvalidInput('The form has no file. Send one as the part "file".', path=("file",))
        (media,) = await _taken(request, actor, intake)
    return JSONResponse(_shown(media), status_code=201)


async def _several(request: Request, actor: Actor, stream: AsyncIterator[bytes]) -> Response:
    """Answers 201 with each file in its order, or what is wrong with it; the others are taken."""
    settings = request.app.state.resources.settings
    form = _form(request, stream, settings.media_batch_bytes, files=settings.media_batch_files)
    answers: list[dict[str, Any]] = []
    async with Intake(actor, request.app.state.resources.storage, settings) as intake:
        async for part in form.parts():
            if part.filename is None:
                continue
            if len(answers) == settings.media_batch_files:
                raise LimitExceeded(
                    f"A batch holds at most {settings.media_batch_files} files. Send several."
                )
            errors: list[dict[str, Any]] = []
            try:
                await intake.add(part.filename, part.pieces())
            except NoRoom:
                raise
            except (InvalidInput, LimitExceeded) as error:
                errors = _told(error, len(answers))
            answers.append({"media": None, "errors": errors})
        if not answers:
            raise InvalidInput("The form has no files.", path=("files",))
        taken = iter(await _taken(request, actor, intake))
    for answer in answers:
        if not answer["errors"]:
            answer["media"] = _shown(next(taken))
    return JSONResponse({"files": answers}, status_code=201)


def _form(request: Request, stream: AsyncIterator[bytes], limit: int, *, files: int) -> Form:
    """The form that comes. Raises what is wrong with it before anything of it is read."""
    content_type = request.headers.get("content-type")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if content_type is None or not is_form(content_type) or encoding not in ("identity", ""):
        raise _NoForm("Send the file as a form: multipart/form-data, not packed.")
    most = limit + FIELDS_BYTES
    if promises_more(request.headers.get("content-length"), most):
        raise LimitExceeded(f"The upload is larger than {limit} bytes.")
    seconds = request.app.state.resources.settings.media_read_seconds
    return Form(content_type, _bounded(paced(stream, seconds), most), parts_limit=files + _OTHER_FIELDS)


async def _bounded(pieces: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    size = 0
    async for piece in pieces:
        size += len(piece)
        if size > limit:
            raise LimitExceeded(f"The upload is larger than {limit - FIELDS_BYTES} bytes.")
        yield piece


async def _taken(request: Request, actor: Actor, intake: Intake) -> Sequence[Row]:
    resources = request.app.state.resources
    taken = await intake.take(transact=resources.in_transaction, bus=resources.bus, clock=resources.clock)
    for media in taken:
        await _audit(request, actor, encode_id("Media", media["_id"]), None)
    return taken


async def _audit(request: Request, actor: Actor, subject_id: str | None, code: str | None) -> None:
    resources = request.app.state.resources
    await record(
        actor,
        "mediaUpload",
        subject_id=subject_id,
        succeeded=code is None,
        code=code,
        ip_address=request.client.host if request.client else None,
        settings=resources.settings,
        clock=resources.clock,
    )


def _shown(media: Row) -> dict[str, Any]:
    """A file in an answer: the fields of its GraphQL type that are known by now."""
    return {
        "id": encode_id("Media", media["_id"]),
        "filename": media["filename"],
        "contentType": media["content_type"],
        "sizeBytes": media["size_bytes"],
        "sha256": media["sha256"],
        "status": media["status"],
    }


def _told(error: DomainError, index: int) -> list[dict[str, Any]]:
    return [
        {"code": one.code.value, "message": one.message, "path": ["files", str(index), *one.path]}
        for one in error.problems
    ]


async def _had(request: Request, *, find: Callable[[Request], Awaitable[Download]]) -> Response:
    """The download that `find` finds, or why there is none."""
    try:
        found = await find(request)
        return await download_response(request, found, request.app.state.resources.storage)
    except DomainError as error:
        return refusal(error)
    except Exception as error:
        if not is_transient(error):
            raise
        _log.warning("a file was not given out, the database is away", reason=str(error))
        return refusal(Unavailable("The database is away. Try it again later."))


async def _signed(request: Request, *, shape: Shape) -> Download:
    """A file, or its thumbnail, by its signed link: always one to be saved."""
    resources = request.app.state.resources
    key = request.path_params["key"]
    check_link(key, shape, request.query_params, settings=resources.settings, clock=resources.clock)
    media = await find_media(ObjectId(key))
    found = _of(media, shape) if media and media["status"] == MediaStatus.READY.value else None
    if found is None:
        raise NotFound("The file is not there any more.")
    return found


async def _published(request: Request) -> Download:
    """A picture for everybody, where it stands."""
    media = await find_published(request.path_params["name"])
    if media is None:
        raise NotFound("There is no picture under this address (any more).")
    kind, size = media["content_type"], media["size_bytes"]
    return Download(media["key"], size, kind, _tag(media), max_age_seconds=PUBLIC_SECONDS)


def _of(media: Row, shape: Shape) -> Download | None:
    name, small = media["filename"], media["thumbnail"]
    if shape is Shape.WHOLE:
        return Download(media["key"], media["size_bytes"], media["content_type"], _tag(media), name)
    if small is None:
        return None
    ending = FILE_TYPES[small["content_type"]].extensions[0]
    tag = f'"{small["key"].rpartition("/")[2]}"'
    return Download(small["key"], small["size_bytes"], small["content_type"], tag, f"{name}.small{ending}")


def _tag(media: Row) -> str:
    return f'"{media["sha256"]}"'


routes = [
    Route("/media", partial(_uploaded, answer=_one), methods=["POST"]),
    Route("/media/bulk", partial(_uploaded, answer=_several), methods=["POST"]),
    Route(f"{PUBLIC_PATH}/{{name}}", partial(_had, find=_published), methods=["GET"]),
    *(
        Route(
            f"/media/{{key}}{shape.path}", partial(_had, find=partial(_signed, shape=shape)), methods=["GET"]
        )
        for shape in Shape
    ),
]
