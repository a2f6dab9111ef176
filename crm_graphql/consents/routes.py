"""GET and POST /u/{token}, one-click unsubscribe (RFC 8058), and /preferences/{token}, a person's choices.

GET never changes anything, for scanners follow every link; POST acts without login, redirect or second step.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs

from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from structlog import get_logger

from crm_graphql.campaigns.lifecycle import announce_results
from crm_graphql.consents import pages
from crm_graphql.consents.choices import Chosen, choices_of, choose, leave, leave_all, topic_of
from crm_graphql.consents.links import Link, Purpose, link_key, read_token
from crm_graphql.consents.saying import With
from crm_graphql.core.bodies import read_whole
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import LimitExceeded
from crm_graphql.delivery.unsubscribes import UnsubscribeCount
from crm_graphql.mongo.transient import is_transient

FORM_BYTES = 64 * 1024
FORM_SECONDS = 10.0
_STYLE_HASH = base64.b64encode(hashlib.sha256(pages.STYLE.encode()).digest()).decode()
_HEADERS = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
    "x-robots-tag": "noindex, nofollow",
}
_log = get_logger(__name__)

Handler = Callable[[Request, Link, With], Awaitable[Response]]


async def unsubscribe(request: Request) -> Response:
    """Show the button; on POST take the person off, whatever the body says."""
    return await _with_link(request, Purpose.UNSUBSCRIBE, _unsubscribe)


async def preferences(request: Request) -> Response:
    """Show what the person gets; on POST take over what they want."""
    return await _with_link(request, Purpose.CHOOSE, _choose)


async def _with_link(request: Request, purpose: Purpose, handler: Handler) -> Response:
    sender = request.app.state.resources.settings.name
    try:
        link = read_token(request.path_params["token"], purpose, await link_key())
        if link is None:
            return _html(pages.no_link_page(sender), 404)
        if link.is_too_old(datetime.now(UTC)):
            return _html(pages.too_old_page(sender), 410)
        unsubscribe = UnsubscribeCount(link.campaign_id)
        answer = await handler(request, link, unsubscribe.note)
        if link.campaign_id is not None and unsubscribe.is_counted:
            # Once the person has their answer.
            bus = request.app.state.resources.bus
            answer.background = BackgroundTask(announce_results, link.campaign_id, bus=bus)
        return answer
    except (ClientDisconnect, LimitExceeded, TimeoutError):
        return Response(status_code=400)
    except Exception as error:
        if not is_transient(error):
            raise
        _log.warning("a choice was not taken, the database is away", error=str(error))
        return _html(pages.away_page(sender), 503, {"retry-after": "5"})


async def _unsubscribe(request: Request, link: Link, on_no: With) -> Response:
    resources = request.app.state.resources
    sender, topic = resources.settings.name, await topic_of(link)
    if request.method != "POST":
        return _html(pages.unsubscribe_page(sender, topic))
    await leave(link, transact=resources.in_transaction, clock=resources.clock, on_no=on_no)
    return _html(pages.unsubscribed_page(sender, topic))


async def _choose(request: Request, link: Link, on_no: With) -> Response:
    resources = request.app.state.resources
    is_post = request.method == "POST"
    if not is_post:
        choices = await choices_of(link)
    else:
        form = parse_qs(
            (await read_whole(request.stream(), limit_bytes=FORM_BYTES, seconds=FORM_SECONDS)).decode(
                errors="replace"
            )
        )
        if form.get("do") == ["save"]:
            wanted, transact = _wanted(form.get("on", [])), resources.in_transaction
            choices = await choose(link, wanted, transact=transact, on_no=on_no)
        else:
            transact, clock = resources.in_transaction, resources.clock
            choices = await leave_all(link, transact=transact, clock=clock, on_no=on_no)
    sender = resources.settings.name
    if choices is None:
        return _html(pages.erased_page(sender))
    return _html(pages.choices_page(sender, choices, is_saved=is_post))


def _wanted(values: list[str]) -> set[Chosen]:
    """The boxes that are ticked; what is no box of ours is nothing."""
    found: set[Chosen] = set()
    for value in values:
        slug, _, channel = value.rpartition(".")
        if slug and channel in Channel.__members__:
            found.add((slug, Channel[channel]))
    return found


def _html(text: str, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return HTMLResponse(text, status_code=status, headers={**_HEADERS, **(headers or {})})


routes = [
    Route("/u/{token}", unsubscribe, methods=["GET", "POST"]),
    Route("/preferences/{token}", preferences, methods=["GET", "POST"]),
]
