"""A body is read no further than its limit, and is JSON to the letter or a clear refusal."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import time
import zlib
from collections.abc import Iterable
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from crm_graphql.server.refusals import Refusal, RequestError
from crm_graphql.server.transports.bodies import decode_json, read_json_body


class Sender:
    """A client that sends these pieces, and knows how many were taken."""

    def __init__(self, pieces: Iterable[bytes], headers: dict[str, str] | None = None) -> None:
        self._pieces = iter(pieces)
        self.taken = 0
        raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        scope = {"type": "http", "method": "POST", "path": "/", "headers": raw}
        self.request = Request(scope, self._receive)

    async def _receive(self) -> Message:
        piece = next(self._pieces, None)
        if piece is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        self.taken += 1
        return {"type": "http.request", "body": piece, "more_body": True}


async def refusal(sender: Sender, limit: int = 1_000) -> RequestError:
    with pytest.raises(RequestError) as caught:
        await read_json_body(sender.request, limit)
    return caught.value


async def test_a_body_in_pieces_is_read_whole() -> None:
    assert await read_json_body(Sender([b'{"a"', b": 1", b"}"]).request, 100) == {"a": 1}


async def test_a_body_of_exactly_the_limit_is_taken() -> None:
    body = json.dumps("x" * 98).encode()
    assert await read_json_body(Sender([body]).request, 100) == "x" * 98


async def test_reading_stops_at_the_limit() -> None:
    sender = Sender(b"x" * 100 for _ in range(1_000_000))
    error = await refusal(sender)
    assert (error.refusal, error.status) == (Refusal.TOO_LARGE, 413)
    assert "1000 bytes" in str(error)
    assert sender.taken == 11


@pytest.mark.parametrize("length", ["1001", "9" * 5_000])
async def test_a_promised_length_over_the_limit_is_refused_unread(length: str) -> None:
    sender = Sender([b"{}"], {"content-length": length})
    assert (await refusal(sender)).status == 413
    assert sender.taken == 0


async def test_gzip_is_unpacked() -> None:
    packed = gzip.compress(b'{"a": 1.10}', mtime=0)
    sender = Sender([packed[:9], packed[9:]], {"content-encoding": "gzip"})
    assert await read_json_body(sender.request, 100) == {"a": Decimal("1.10")}


async def test_a_bomb_is_unpacked_no_further_than_the_limit() -> None:
    packer = zlib.compressobj(9, wbits=31)
    zeros = b" " * 1024**2
    bomb = b"".join(packer.compress(zeros) for _ in range(200)) + packer.flush()
    start = time.thread_time()
    error = await refusal(Sender([bomb], {"content-encoding": "gzip"}), 1024**2)
    assert error.status == 413
    assert time.thread_time() - start < 5.0


@pytest.mark.parametrize("body", [b"not gzip", gzip.compress(b"{}", mtime=0)[:-4], b""])
async def test_broken_gzip_is_the_callers_mistake(body: bytes) -> None:
    error = await refusal(Sender([body] if body else [], {"content-encoding": "gzip"}))
    assert error.status == 400


async def test_another_encoding_is_not_taken() -> None:
    assert (await refusal(Sender([b"{}"], {"content-encoding": "br"}))).status == 415


async def test_a_body_that_does_not_come_is_given_up() -> None:
    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    request = Request({"type": "http", "method": "POST", "path": "/", "headers": []}, never)
    with pytest.raises(RequestError) as caught:
        await read_json_body(request, 100, seconds=0.05)
    assert caught.value.status == 408


MALFORMED = {
    "nothing": b"",
    "no end": b"{",
    "more than one": b"{} {}",
    "a comma too many": b'{"a": 1,}',
    "a comment": b"{} // x",
    "a byte order mark": b"\xef\xbb\xbf{}",
    "no UTF-8": b'{"a": "\xff"}',
    "a surrogate in UTF-8": b'{"a": "\xed\xa0\x80"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "half a pair": rb'{"a": "\ud800"}',
    "the other half": rb'{"a": "\udc00"}',
    "two first halves": rb'{"a": "\ud800\ud800"}',
    "half a pair as a key": rb'{"\uD8FF": 1}',
    "a control character": b'{"a": "\x01"}',
    "NaN": b'{"a": NaN}',
    "Infinity": b'{"a": -Infinity}',
    "a leading zero": b'{"a": 01}',
    "5,000 digits": b'{"a": ' + b"1" * 5_000 + b"}",
    "a million digits": b'{"a": ' + b"1" * 1_000_000 + b"}",
    "5,000 digits and a point": b'{"a": 1.' + b"1" * 5_000 + b"}",
    "a huge exponent": b'{"a": 1e999999999}',
    "a tiny exponent": b'{"a": 1e-999999999}',
    "an endless exponent": b'{"a": 1e' + b"9" * 50_000 + b"}",
    "100,000 lists": b"[" * 100_000,
    "100,000 closed lists": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "101 lists": b"[" * 102 + b"]" * 102,
    "deep among wide": b"[" + b"[]," * 5_000 + b"[" * 150 + b"]" * 150 + b"]",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_plain_json_is_a_400_at_once(body: bytes) -> None:
    start = time.thread_time()
    with pytest.raises(RequestError) as caught:
        decode_json(body)
    assert time.thread_time() - start < 1.0
    assert (caught.value.status, caught.value.refusal) == (400, Refusal.BODY)
    str(caught.value).encode()
    assert len(str(caught.value)) < 300


def test_half_a_pair_is_named() -> None:
    with pytest.raises(RequestError, match="surrogate pair"):
        decode_json(rb'{"a": "\ud800"}')


def test_numbers_stay_exact() -> None:
    found = decode_json(b'{"a": 99999999999.9999, "b": 1E2, "c": 12345678901234567890123, "d": 1, "e": 0e9}')
    assert found == {
        "a": Decimal("99999999999.9999"),
        "b": Decimal("1E2"),
        "c": 12345678901234567890123,
        "d": 1,
        "e": 0,
    }


def test_the_last_of_two_equal_keys_counts() -> None:
    assert decode_json(b'{"a": 1, "a": 2}') == {"a": 2}


def test_a_hundred_levels_are_taken() -> None:
    assert decode_json(b"[" * 100 + b"]" * 100)
    assert decode_json("[" * 100 + "]" * 100)


def test_whole_pairs_are_taken() -> None:
    assert decode_json(rb'"\ud83d\ude00"') == "😀"


@given(st.binary(max_size=80) | st.text(alphabet='{}[]",:\\ud80e1.-+', max_size=80).map(str.encode))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_json_that_can_be_written_again_or_refused(data: bytes) -> None:
    with contextlib.suppress(RequestError):
        msgspec.json.encode(decode_json(data))
