"""GET and HEAD /c/{token}, a click, and /o/{token}.gif, an open.

Both are answered from memory alone. A click that is not ours leads nowhere; a picture is always one, for it
is shown in people's mail.
"""

from __future__ import annotations

from base64 import b64decode

from cachetools import TTLCache
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from crm_graphql.accounts.throttle import address_name
from crm_graphql.core.settings import Settings
from crm_graphql.tracking.hits import Hit, Signs, now
from crm_graphql.tracking.keeper import HitKeeper
from crm_graphql.tracking.spool import Spool
from crm_graphql.tracking.tokens import Kind, Seen, read_seen, tracking_key

PICTURE = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
"""A transparent GIF of one pixel, 43 bytes."""
GUESSES_A_MINUTE = 60
"""Links that are none, from one address, before it is told to wait. Links of ours are never refused: behind
one address there may be a mail provider with all its readers."""
_ADDRESSES = 10_000
_PRIVATE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex, nofollow",
}
_NO_LINK = """<!doctype html><html lang=en><meta charset=utf-8><meta name=robots content=noindex>
<meta name=viewport content="width=device-width"><title>No such link</title>
<h1>There is no such link</h1>
<p>It may have been cut off where it was copied. Open it from the message itself.</p></html>"""


class HitDoor:
    """What the doors of one process share: the key, the keeper, and who guesses."""

    def __init__(self, keeper: HitKeeper, key: bytes) -> None:
        self.keeper = keeper
        self.key = key
        self._guesses: TTLCache[str, int] = TTLCache(_ADDRESSES, 60)

    def is_guessing(self, request: Request) -> bool:
        """Count one more link that is none; whether the address is to be left without an answer."""
        place = address_name(request.client.host if request.client else None)
        self._guesses[place] = count = self._guesses.get(place, 0) + 1
        return count > GUESSES_A_MINUTE


async def open_door(app: Starlette, settings: Settings) -> HitKeeper:
    """Make the doors of this process ready. Close the keeper that is returned when they are closed."""
    resources = app.state.resources
    spool = Spool(settings.data_dir / "tracking", limit_bytes=settings.tracking_spool_mib * 1024 * 1024)
    keeper = HitKeeper(resources.bus, spool, partitions=settings.partitions)
    app.state.hits = HitDoor(keeper, await tracking_key())
    keeper.start()
    return keeper


async def click(request: Request) -> Response:
    """Lead on to where the link was meant to."""
    door: HitDoor = request.app.state.hits
    seen = read_seen(request.path_params["token"], Kind.CLICK, door.key)
    if seen is None:
        if door.is_guessing(request):
            return PlainTextResponse("Too many.", 429, {**_PRIVATE, "retry-after": "60"})
        return HTMLResponse(_NO_LINK, 404, _PRIVATE)
    if request.app.state.resources.settings.tracking_clicks:
        await _take(request, door, seen)
    return Response(status_code=302, headers={**_PRIVATE, "location": seen.target})


async def picture(request: Request) -> Response:
    """The picture, whatever the token says."""
    door: HitDoor = request.app.state.hits
    seen = read_seen(request.path_params["token"], Kind.OPEN, door.key)
    if seen is not None and request.app.state.resources.settings.tracking_opens:
        await _take(request, door, seen)
    # Web mail shows it in pages of its own.
    headers = {**_PRIVATE, "cross-origin-resource-policy": "cross-origin"}
    return Response(PICTURE, media_type="image/gif", headers=headers)


async def _take(request: Request, door: HitDoor, seen: Seen) -> None:
    # HEAD asks what there is; nobody has looked yet.
    if request.method != "GET":
        return
    headers, signs = request.headers, Signs.NONE
    if headers.get("accept-language"):
        signs |= Signs.LANGUAGE
    purpose = headers.get("sec-purpose") or headers.get("purpose") or headers.get("x-moz") or ""
    if "prefetch" in purpose or "preview" in purpose:
        signs |= Signs.PREFETCH
    await door.keeper.take(Hit.of(seen, at=now(), agent=headers.get("user-agent", ""), signs=signs))


routes = [
    Route("/c/{token}", click, methods=["GET"]),
    Route("/o/{token}.gif", picture, methods=["GET"]),
]
