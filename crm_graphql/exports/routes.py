"""GET /exports/{id}: the file of an export, by a signed address."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from crm_graphql.audit.service import record
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import DomainError, NotFound
from crm_graphql.core.ids import encode_id
from crm_graphql.exports.download import Download, file_name
from crm_graphql.exports.links import find_file, read_link
from crm_graphql.http.doors import authenticate, refusal
from crm_graphql.http.downloads import HARMLESS, attachment


async def download(request: Request) -> Response:
    """The file as an attachment. Whoever presents a token must be who was given the address."""
    resources = request.app.state.resources
    key = request.path_params["key"]
    actor: Actor | None = None
    try:
        actor = await authenticate(request) if "authorization" in request.headers else None
        actor = await read_link(
            key, request.query_params, actor, settings=resources.settings, clock=resources.clock
        )
        export = await find_file(actor, key, clock=resources.clock)
        opened = await Download.open(resources.storage, export)
    except DomainError as error:
        await _noted(request, actor, error)
        return refusal(error)
    headers = {
        **HARMLESS,
        "content-disposition": attachment(file_name(export)),
        "content-length": str(export["file"]["size"]),
        "cache-control": "no-store",
    }
    if request.method == "HEAD":
        await opened.close()
        return Response(media_type="application/gzip", headers=headers)
    await _noted(request, actor)
    return StreamingResponse(opened.pieces(), media_type="application/gzip", headers=headers)


async def _noted(request: Request, actor: Actor | None, error: DomainError | None = None) -> None:
    """In the audit, under the name of who was given the address."""
    resources = request.app.state.resources
    key = request.path_params["key"]
    is_unknown = error is not None and (actor is None or isinstance(error, NotFound))
    await record(
        actor,
        "exportDownload",
        subject_id=None if is_unknown else encode_id("Export", key),
        succeeded=error is None,
        code=None if error is None else error.code.value,
        ip_address=request.client.host if request.client else None,
        settings=resources.settings,
        clock=resources.clock,
    )


routes = [Route("/exports/{key}", download, methods=["GET"])]
