"""The JSON of requests and frames: bounded while it is read, strict, and exact about numbers."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec
from starlette.requests import Request

from crm_graphql.core.bodies import promises_more, read_whole
from crm_graphql.core.errors import InvalidInput, LimitExceeded
from crm_graphql.server.refusals import Refusal, RequestError

DEPTH_LIMIT = 100
"""Objects and lists in one another. What is nested deeper would exhaust the stack of whoever walks it."""
NUMBER_LIMIT = 400
"""Characters of a number with a point or an exponent, and the largest exponent: a short 1e999999999 would
take gigabytes once written out."""

_HALF_PAIR = re.compile(rb"\\u[dD][89a-fA-F]")


async def read_json_body(request: Request, limit_bytes: int, *, seconds: float = 30.0) -> object:
    """The decoded body, plain or packed with gzip.

    Raises RequestError: larger than `limit_bytes` (unpacked too; read no further than that), longer than
    `seconds` under way, another Content-Encoding, or no JSON, as `decode_json` says.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise RequestError.of(Refusal.ENCODING, "Send the body plain or packed with gzip.", "BAD_USER_INPUT")
    if promises_more(request.headers.get("content-length"), limit_bytes):
        raise _too_large(limit_bytes)
    try:
        data = await read_whole(
            request.stream(), limit_bytes=limit_bytes, seconds=seconds, gzip=encoding.endswith("gzip")
        )
    except TimeoutError:
        raise RequestError.of(
            Refusal.TOO_SLOW, f"The body did not come within {seconds:g} seconds.", "BAD_USER_INPUT"
        ) from None
    except LimitExceeded:
        raise _too_large(limit_bytes) from None
    except InvalidInput as error:
        raise RequestError.of(Refusal.BODY, str(error), "BAD_USER_INPUT") from None
    return decode_json(data)


def decode_json(data: bytes | str) -> object:
    """The value of a JSON text in UTF-8. Numbers with a point or an exponent become exact decimals; of keys
    that come twice the last counts.

    Raises RequestError for anything that RFC 8259 does not allow (NaN, comments, trailing commas), for halves
    of surrogate pairs, for whole numbers of more than 4,300 digits and others of more than 400, and for more
    than 100 levels of nesting. The time is linear in the text.
    """
    raw = b""
    try:
        raw = data.encode() if isinstance(data, str) else data
        value = _DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeError, ValueError, RecursionError) as error:
        raise _not_json(raw, error) from None
    # Few texts have so many brackets at all: counting them costs next to nothing.
    if raw.count(b"{") + raw.count(b"[") > DEPTH_LIMIT and is_too_deep(value):
        raise _malformed(f"it is nested more than {DEPTH_LIMIT} levels deep")
    return value


def exact_number(text: str) -> Decimal | int:
    """A JSON number with a point or an exponent; a whole one is an int, for JSON does not tell 3 from 3.0.

    Raises ValueError for one that is too long or too large: the `float_hook` of every decoder of what clients
    send."""
    if len(text) <= NUMBER_LIMIT:
        number = Decimal(text)
        if not number or abs(number.adjusted()) <= NUMBER_LIMIT:
            whole = int(number)
            return whole if whole == number else number
    raise ValueError("a number is too long or too large")


_DECODER: msgspec.json.Decoder[object] = msgspec.json.Decoder(float_hook=exact_number)


def is_too_deep(value: object) -> bool:
    """Whether containers lie deeper in one another than the limit. Level by level, so without recursion."""
    level: list[object] = [value]
    for _ in range(DEPTH_LIMIT + 1):
        below: list[object] = []
        for each in level:
            if type(each) is dict:
                below.extend(item for item in each.values() if type(item) in (dict, list))
            elif type(each) is list:
                below.extend(item for item in each if type(item) in (dict, list))
        if not below:
            return False
        level = below
    return True


def _not_json(raw: bytes, error: Exception) -> RequestError:
    if isinstance(error, RecursionError):
        return _malformed(f"it is nested more than {DEPTH_LIMIT} levels deep")
    if isinstance(error, UnicodeError):
        return _malformed("it is not in UTF-8")
    if _HALF_PAIR.search(raw) and ("surrogate" in str(error) or "truncated" in str(error)):
        return _malformed("a text in it holds half of a surrogate pair")
    return _malformed(str(error).removeprefix("JSON is malformed: ")[:200])


def _malformed(why: str) -> RequestError:
    return RequestError.of(
        Refusal.BODY, f"The request is not JSON that can be read: {why}.", "BAD_USER_INPUT"
    )


def _too_large(limit: int) -> RequestError:
    return RequestError.of(
        Refusal.TOO_LARGE,
        f"The request is larger than {limit} bytes (CRM_REQUEST_BYTES). Split it; POST /ingest takes "
        "any number of records.",
        "LIMIT_EXCEEDED",
    )
