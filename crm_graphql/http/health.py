"""Health of this process, for load balancers and supervisors: does it live, can it serve."""

from __future__ import annotations

import asyncio

from pymongo.errors import PyMongoError
from starlette.requests import Request
from starlette.responses import JSONResponse

from crm_graphql.resources import Resources

CHECK_SECONDS = 2.0


async def live(_request: Request) -> JSONResponse:
    """200 as long as the process answers."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> JSONResponse:
    """200 when MongoDB and the bus can be used, else 503 with what is missing.

    The doors of ingestion work without the broker; it still counts here, since deliveries do not.
    """
    resources: Resources = request.app.state.resources
    mongodb, bus = await asyncio.gather(_mongodb_answers(resources), resources.bus.is_ready())
    checks = {"mongodb": "ok" if mongodb else "away", "bus": "ok" if bus else "away"}
    good = mongodb and bus
    return JSONResponse(
        {"status": "ok" if good else "unavailable", **checks}, status_code=200 if good else 503
    )


async def _mongodb_answers(resources: Resources) -> bool:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            hello = await resources.mongo.admin.command("hello")
    except (PyMongoError, TimeoutError):
        return False
    return bool(hello.get("isWritablePrimary"))
