"""Doors for plain requests, beside GraphQL: who asks, and the one form in which a refusal is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from crm_graphql.accounts import authentication
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import DomainError, ErrorCode, Problem, RateLimited, Unavailable

STATUSES = {
    ErrorCode.INVALID: 400,
    ErrorCode.REQUIRED: 400,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.ALREADY_EXISTS: 409,
    ErrorCode.CONFLICT: 409,
    ErrorCode.WRONG_STATE: 409,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.LIMIT_EXCEEDED: 413,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
}
"""The HTTP status of each code, where the door has no better one."""


async def authenticate(request: HTTPConnection) -> Actor:
    """The caller of an HTTP request by its Authorization header. Raises Unauthenticated, saying what is
    wrong, and RateLimited when too many keys that are none came from its address."""
    access = request.app.state.resources.access
    address = request.client.host if request.client else None
    return await authentication.authenticate(access, request.headers.get("authorization"), address)


def refusal(
    error: DomainError, *, status: int | None = None, challenge: str | None = "Bearer"
) -> JSONResponse:
    """What is wrong, each problem with its code, message and path. A 401 names the `challenge`, and who may
    come again is told when."""
    status = status or STATUSES[error.code]
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable | RateLimited):
        headers["retry-after"] = str(error.retry_after_seconds)
    if status == 401 and challenge:
        headers["www-authenticate"] = challenge
    if status == 408:
        # Its sender may go on for ever (RFC 9110, section 15.5.9).
        headers["connection"] = "close"
    return _problems(error.problems, status, headers)


def unexpected(request_id: str) -> JSONResponse:
    """The answer to what nobody foresaw: what it was stands in the log, under the request's id."""
    message = f"Something went wrong on the server. Its log says what, under {request_id}."
    body = {"errors": [{"code": "INTERNAL", "message": message, "path": []}]}
    return JSONResponse(body, status_code=500)


def _problems(problems: Sequence[Problem], status: int, headers: Mapping[str, str]) -> JSONResponse:
    told = [
        {"code": problem.code.value, "message": problem.message, "path": list(problem.path)}
        for problem in problems
    ]
    return JSONResponse({"errors": told}, status_code=status, headers=dict(headers))
