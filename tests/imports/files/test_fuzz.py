"""Files that nobody meant: whatever comes, there are rows or a sentence, soon, and in bounded memory."""

from __future__ import annotations

import contextlib
import gzip
import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_graphql.core.errors import InvalidInput, LimitExceeded
from crm_graphql.imports.rows import RowProblem
from tests.imports.files.reading import Found, cut_at_random, in_pieces, memory_below, read, unpacked, zipped
from tests.imports.files.test_workbooks import workbook

_OBJECTS = [{"id": "1", "name": "Zoë", "tags": ["a", {"b": [1.5]}]}, {"id": 2, "x": None}] * 4
SEEDS = {
    "csv": '\ufeffid,name,note\r\n1,Zoë,"a ""b"", c\nd"\r\n2,Ann,\n3,"x"\n'.encode(),
    "semicolons": b"sep=;\nid;name\n1;J\xfcrgen\n2;\n",
    "utf-16": "id\tname\n1\tZoë\n2\t日本\n".encode("utf-16"),
    "ndjson": b"\n".join(json.dumps(one).encode() for one in _OBJECTS),
    "array": json.dumps(_OBJECTS).encode(),
    "object": json.dumps({"n": 1, "rows": _OBJECTS, "more": [1]}, indent=1).encode(),
    "xlsx": workbook({"Data": [["id", "name"], [1, "Zoë"], [2.5, True], ["a", 7e15]]}),
}
HINTS = st.fixed_dictionaries(
    {},
    optional={
        "content_type": st.sampled_from(
            ["text/csv", "application/json", "application/x-ndjson", "text/csv; charset=utf-16", "text/plain"]
        ),
        "name": st.sampled_from(["a.csv", "a.json", "a.ndjson", "a.xlsx", ".", ""]),
        "encoding": st.sampled_from(
            ["utf-8", "utf-16", "utf-16-le", "shift_jis", "cp1252", "gb18030", "hz", ""]
        ),
        "delimiter": st.sampled_from([",", "\t", "^", " ", ""]),
        "sheet": st.sampled_from(["Data", "", "x"]),
    },
)


def tried(*pieces: bytes, **hints: str | None) -> Found | None:
    """What is read; None for a file that is refused with a sentence. Each row is as wide as it may be."""
    try:
        found = read(*pieces, **hints)
    except (InvalidInput, LimitExceeded):
        return None
    for row in found.rows:
        assert isinstance(row, RowProblem) or len(row) <= len(found.headings)
    assert found.lines == sorted(found.lines)
    return found


@settings(max_examples=300)
@given(data=st.data(), body=st.binary(max_size=300), hints=HINTS)
def test_any_bytes_are_read_or_refused(data: st.DataObject, body: bytes, hints: dict[str, str]) -> None:
    tried(*cut_at_random(data, body), **hints)


@settings(max_examples=300)
@given(
    text=st.lists(
        st.sampled_from(
            [*'",;\t|\r\n{}[]:\\ \0', "a", "é", "1", "null", "sep=", "\ufeff", '"id":', "[{", "},"]
        )
    ).map("".join),
    codec=st.sampled_from(["utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]),
    data=st.data(),
    hints=HINTS,
)
def test_any_text_of_the_signs_that_count_is_read_or_refused_and_the_cut_does_not_matter(
    text: str, codec: str, data: st.DataObject, hints: dict[str, str]
) -> None:
    body = text.encode(codec, errors="replace")
    assert tried(*cut_at_random(data, body), **hints) == tried(body, **hints)


@pytest.mark.parametrize("seed", SEEDS)
@settings(max_examples=200)
@given(data=st.data(), hints=HINTS)
def test_files_with_wrong_bytes_are_read_or_refused(
    seed: str, data: st.DataObject, hints: dict[str, str]
) -> None:
    body = bytearray(SEEDS[seed])
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body)))
        end = data.draw(st.integers(at, min(len(body), at + 8)))
        body[at:end] = data.draw(st.binary(max_size=6) | st.sampled_from([b'"', b"\n", b"{", b"]", b"\\"]))
    tried(*cut_at_random(data, bytes(body)), **hints)


@pytest.mark.parametrize("seed", SEEDS)
@given(data=st.data())
def test_packed_files_with_wrong_bytes_are_unpacked_or_refused(seed: str, data: st.DataObject) -> None:
    packed = bytearray(
        zipped(("a", SEEDS[seed])) if data.draw(st.booleans()) else gzip.compress(SEEDS[seed], mtime=0)
    )
    for _ in range(data.draw(st.integers(1, 4))):
        packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InvalidInput, LimitExceeded):
        assert len(unpacked(cut_at_random(data, bytes(packed)))) < 10**6


_MANY = 600_000
HARD = {
    "quotes": b'a,b\n"' * (_MANY // 5),
    "quoted quotes": b'a,b\n1,"' + b'""' * (_MANY // 2),
    "delimiters": b"a,b\n" + b"," * _MANY,
    "line ends": b"a,b\n" + b"\n" * _MANY,
    "carriage returns": b"a,b\n" + b"\r" * _MANY,
    "short rows of many columns": b"," * 4_000 + b"a\n" + b"1\n" * (_MANY // 2),
    "brackets": b"[" * _MANY,
    "braces": b'{"a":' * (_MANY // 5),
    "empty objects": b"{}\n" * (_MANY // 3),
    "objects of new keys": b"".join(b'{"%d":1}\n' % number for number in range(_MANY // 12)),
    "empty objects in an array": b"[" + b"{}," * (_MANY // 3) + b"{}]",
    "commas in an array": b"[1" + b",1" * (_MANY // 2) + b"]",
    "backslashes": b'[{"a":"' + b"\\\\" * (_MANY // 2),
    "zeros": b"a,b\n1," + bytes(_MANY // 40) + b"x" * _MANY,
    "noise": random.Random(1).randbytes(_MANY),
    "noise behind headings": b"id,name\n" + b"1,Ann\n" * 6_000 + random.Random(1).randbytes(_MANY),
    "noise behind an object": b'{"a":1}\n' * 5_000 + random.Random(1).randbytes(_MANY),
}


@pytest.mark.parametrize("kind", HARD)
def test_much_of_anything_takes_seconds_and_bounded_memory(kind: str) -> None:
    began = time.process_time()
    # The rows of one piece are held at a time; here all of them are, which is the most of it.
    with memory_below(300 * 1024**2):
        tried(*in_pieces(HARD[kind]))
    assert time.process_time() - began < 60
