"""Tables in NDJSON and JSON: any list of objects reads back, however it is written and cut."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files.lines import LINE_BYTES
from crm_graphql.imports.files.widths import COLUMNS_LIMIT
from crm_graphql.imports.tables import FileFormat
from tests.imports.files.reading import PACKINGS, Found, cut_at_random, in_pieces, read, unpacked

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_SIMPLE = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | _TEXTS
_VALUES = _SIMPLE | st.lists(_SIMPLE, max_size=3) | st.dictionaries(_TEXTS, _SIMPLE, max_size=2)
_OBJECTS = st.lists(st.dictionaries(_TEXTS | st.sampled_from("abc"), _VALUES, max_size=5), max_size=6)

SHAPES: dict[str, Callable[[list[dict[str, Any]]], str]] = {
    "ndjson": lambda objects: "\n".join(json.dumps(one) for one in objects),
    "ndjson, CRLF, blank lines": lambda objects: "".join(f"\r\n{json.dumps(one)}\r\n" for one in objects),
    "ndjson, not escaped": lambda objects: "".join(
        json.dumps(one, ensure_ascii=False) + "\n" for one in objects
    ),
    "array": json.dumps,
    "array, pretty": lambda objects: "\n" + json.dumps(objects, indent=2),
    "in an object": lambda objects: json.dumps({"count": 1, "customers": objects, "next": None}),
    "in an object, pretty": lambda objects: json.dumps(
        {"page": {"x": [1, {"y": 2}]}, "ids": [1, 2], "a [": "{", "rows": objects, "more": False}, indent=1
    ),
}


def objects_of(found: Found) -> list[dict[str, Any]]:
    """The rows as the objects that they were."""
    return [
        {key: value for key, value in zip(found.headings, row, strict=False) if value is not UNSET}
        for row in found.rows
    ]


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data(), objects=_OBJECTS, codec=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_any_objects_read_back(
    shape: str, data: st.DataObject, objects: list[dict[str, Any]], codec: str
) -> None:
    if "json," in f"{shape}," and not objects:
        return
    body = SHAPES[shape](objects).encode(codec)
    packing = data.draw(st.sampled_from(sorted(PACKINGS)))
    assert unpacked(cut_at_random(data, PACKINGS[packing](body))) == body
    name = "x.ndjson" if shape.startswith("ndjson") else "x.json"
    found = read(*cut_at_random(data, body), name=name)
    assert objects_of(found) == objects
    keys = list(dict.fromkeys(key for one in objects for key in one))
    assert sorted(found.headings) == sorted(keys)
    assert found.lines == sorted(found.lines)


def test_lines_are_those_of_the_file() -> None:
    assert read(b'\n{"a":1}\n\n{"a":2}\n').lines == [2, 4]
    assert read(b'{"a":1}\n{"a":2}\n').lines == [1, 2]
    assert read(b'[\n{"a":\n1}, {"a":2},\n\n {"a":3}]').lines == [2, 3, 5]
    assert read(b'{\n"rows": [\n {"a":1},\n {"a":2}]}').lines == [3, 4]


def test_numbers_stay_exact_and_missing_keys_are_not_null() -> None:
    found = read(b'{"a":0.1,"b":null}\n{"a":12345678901234567890,"c":true}\n')
    assert found.headings == ["a", "b", "c"]
    assert found.rows == [[Decimal("0.1"), None], [12345678901234567890, UNSET, True]]


@pytest.mark.parametrize(
    ("body", "hints", "form"),
    [
        (b'{"a":1}\n{"a":2}', {}, FileFormat.NDJSON),
        (b'{"a":1}', {}, FileFormat.NDJSON),
        (b'{"a":[{"b":1}]}', {"content_type": "application/x-ndjson"}, FileFormat.NDJSON),
        (b'{"a":[{"b":1}]}', {"name": "x.jsonl"}, FileFormat.NDJSON),
        (b'{"a":[{"b":1}]}', {"content_type": "application/octet-stream"}, FileFormat.JSON),
        (b'{"a":[{"b":1}]}', {"content_type": "text/csv"}, FileFormat.JSON),
        (b'{"a":[{"b":1}]}\n{"a":2}', {"content_type": "application/json"}, FileFormat.NDJSON),
        (b' [{"b":1}]', {"content_type": "application/x-ndjson"}, FileFormat.JSON),
        (b'[{"b":1}]', {"content_type": "application/vnd.ms-excel"}, FileFormat.JSON),
        (b"[a],b\n1,2", {"name": "x.csv"}, FileFormat.CSV),
        (b"a,b\n1,2", {"content_type": "application/json; charset=utf-8"}, FileFormat.CSV),
        (b'x\n{"a":1}\n', {"name": "x.ndjson"}, FileFormat.NDJSON),
        (b'{"a":1,\n', {"name": "x.ndjson"}, FileFormat.NDJSON),
        (b'{"a":[{"b":"' + b"x" * 50_000 + b'"}]}', {"name": "x"}, FileFormat.JSON),
    ],
)
def test_the_content_decides_first(body: bytes, hints: dict[str, str], form: FileFormat) -> None:
    assert read(body, **hints).form.format is form


BODIES = {
    "ndjson": (
        '\ufeff{"id":"1","name":"Zoë","total":0.1}\n\n{"id":2}\r\n{"id":"3"\n'
        '[1]\n{"id":"4","nested":{"a":[1,2,"}"]}}\n{"id":"5","total":1.0}\n'
    ).encode()
    + b'{"id":"\xe9"}\n{"id":"6"}',
    "json": (
        '\ufeff [ {"id":"1","name":"Zo\\"ë, ]}"} ,\n{"id":"2","x":{"y":[1,{"z":"]"}]}},'
        ' 17, "text, with [", {"id":3.5}, {"id" "4"}, null ]\n '
    ).encode(),
}


@pytest.mark.parametrize("form", BODIES)
@given(data=st.data())
def test_the_cut_of_a_broken_file_does_not_matter(form: str, data: st.DataObject) -> None:
    body = BODIES[form]
    assert read(*cut_at_random(data, body), name=f"x.{form}") == read(body, name=f"x.{form}")


def test_bad_objects_are_bad_rows() -> None:
    lines = read(BODIES["ndjson"], name="x.ndjson")
    assert [cell for cell in lines.first_cells if "Line" not in str(cell)] == ["1", 2, "4", "5", "6"]
    not_json, no_object, no_utf8 = lines.messages
    assert "Line 4 is not valid JSON" in not_json
    assert "Line 5 is not a JSON object" in no_object
    assert "Line 8 is not UTF-8 (byte 0xE9)" in no_utf8
    elements = read(BODIES["json"], name="x.json")
    assert [cell for cell in elements.first_cells if "Element" not in str(cell)] == ["1", "2", Decimal("3.5")]
    assert [message[:9] for message in elements.messages] == [f"Element {n}" for n in (2, 3, 5, 6)]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is empty"),
        (b"  \n", "The body is empty"),
        (b"null", "Byte 0 of the body is not the opening bracket"),
        (b'  "a"', "Byte 2 of the body is not the opening bracket"),
        (b'[{"a":"1"}', "ends at byte 10 without its closing bracket"),
        (b'[{"a":"1"},]', "an element is missing"),
        (b"[]]", "follows the end"),
        (b"[] x", "follows the end"),
        (b"[}", "closing brace"),
        (b'["' + b"a" * (LINE_BYTES + 9), "longer than"),
        (b'{"a":1,\n"b":2}', "no array of objects"),
        (b'{"a":[1],\n"b":{"c":[{"d":1}]}}', "no array of objects"),
        (b'{"a":[{}],\n"b":[{}]}', 'several arrays of objects, "a" and "b"'),
        (b'{"a":[{}],\n"b":2', "ends at byte 16 without its closing brace"),
        (b'{"a":[{}]\n"b":2}', "around the array is not valid JSON"),
        (b"{[{}],\n}", "has no name"),
        (b'{"a":[{}],\n"b":2} x', "follows the end"),
        (b'{"a":\n"' + b"a" * (LINE_BYTES + 9) + b'","b":[{}]}', "stand beside an array"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place(body: bytes, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read(*in_pieces(body) or [b""], content_type="application/json")


def test_an_empty_list_has_no_rows() -> None:
    for body in (b"[]", b" [ ] ", b'{"customers":\n[]}'):
        assert read(body, name="x.json").rows == []


def test_an_endless_line_is_one_bad_row() -> None:
    body = b'{"id":"1"}\n' + b"x" * 2_400_000 + b'\n{"id":"2"}\n'
    found = read(*in_pieces(body))
    assert found.first_cells[::2] == ["1", "2"]
    assert "Line 2 is longer than" in found.messages[0]
    assert found.lines == [1, 2, 3]


def test_ten_thousand_keys_are_read_and_more_are_refused() -> None:
    keys = [f"k{n}" for n in range(COLUMNS_LIMIT)]
    wide = json.dumps(dict.fromkeys(keys, 1)).encode()
    found = read(*in_pieces(b"\n".join([wide, b'{"k0":7}', wide])), name="x.ndjson")
    assert found.headings == keys
    assert [len(row) for row in found.rows] == [COLUMNS_LIMIT, 1, COLUMNS_LIMIT]
    with pytest.raises(InvalidInput, match="more than 10000 different keys"):
        read(*in_pieces(wide + b'\n{"one more":1}'), name="x.ndjson")
    with pytest.raises(InvalidInput, match="very long ones"):
        read(*in_pieces(b"".join(b'{"%d%s":1}\n' % (n, b"k" * 500_000) for n in range(3))), name="x.ndjson")


def test_keys_that_come_one_by_one_take_neither_long_nor_much_memory() -> None:
    began = time.monotonic()
    body = b"".join(b'{"k%d":1}\n' % n for n in range(5_000))
    found = read(*in_pieces(body))
    assert time.monotonic() - began < 5
    assert len(found.headings) == 5_000
    cells = sum(len(row) for row in found.rows if isinstance(row, list))
    assert cells * 8 < len(body) * 256
    assert "Line 5000 has 1 keys, among them number 5000 of the file" in found.messages[-1]


def test_a_key_that_no_field_could_be_called_is_a_heading() -> None:
    found = read(b'{"a\\"b":1,"\\\\":2,"":3,"\\n":4}\n{"a\\"b":5,"":6}\n')
    assert found.headings == ['a"b', "\\", "", "\n"]
    assert [row[0] for row in found.rows] == [1, 5]


@pytest.mark.parametrize(
    "element", [b"1,", b'{"a":1},3,', b'{"a":"},{"},', b'{"a":[{"b":1},{"b":2}]},', b'"},{",', b"{},[{},{}],"]
)
def test_elements_of_any_form_do_not_take_long(element: bytes) -> None:
    count = 800_000 // len(element)
    began = time.process_time()
    found = read(*in_pieces(b'[{"a":1},' + element * count + b'{"a":2}]'), name="x.json")
    assert time.process_time() - began < 10
    assert found.first_cells[-1] == 2
    assert len(found.rows) == 2 + count * len(json.loads(b"[" + element[:-1] + b"]"))
