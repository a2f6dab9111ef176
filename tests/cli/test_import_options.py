"""What `crm import` asks of the server, what it makes of the answer, and standard input."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from crm_graphql.commands.failing import CommandFailed
from crm_graphql.commands.importing_options import DateOrder, asked_for, with_flags
from crm_graphql.commands.importing_report import Screen, report_ingestion, report_preview
from crm_graphql.commands.importing_source import PIECE_BYTES, PREVIEW_BYTES, Spool, source_of
from crm_graphql.imports.fields import FIELDS
from tests.cli.running import crm

NOTHING = (None,) * 13
ANSWER = {
    "id": "x",
    "status": "COMPLETED",
    "failureReason": None,
    **dict.fromkeys(("received", "accepted", "rejected", "incomplete", "created", "updated"), 0),
    "unchanged": 0,
    "failed": 0,
}


def test_nothing_is_asked_for_unless_said() -> None:
    assert asked_for(*NOTHING, False) == []


def test_each_option_goes_under_the_name_that_the_server_has() -> None:
    asked = asked_for(
        *(["E-Mail = Address=email", "Note="], None, "shopify", "Sheet 1", "tab", "utf-16", DateOrder.DMY),
        *(False, "Europe/Berlin", "DE", ["n/a", "-"], "News", True, True),
    )
    assert json.loads(dict(asked).pop("mapping")) == {"E-Mail = Address": "email", "Note": None}
    assert [pair for pair in asked if pair[0] != "mapping"] == [
        ("preset", "shopify"),
        ("sheet", "Sheet 1"),
        ("delimiter", "tab"),
        ("encoding", "utf-16"),
        ("dateOrder", "DMY"),
        ("decimalComma", "false"),
        ("timeZone", "Europe/Berlin"),
        ("country", "DE"),
        ("topic", "News"),
        ("totals", "true"),
        ("dryRun", "true"),
        ("empty", "n/a"),
        ("empty", "-"),
    ]


@pytest.mark.parametrize("columns", [["email"], ["=email"], ["A=name", " A =email"]])
def test_a_column_without_a_field_or_twice_is_refused_here(columns: list[str]) -> None:
    with pytest.raises(CommandFailed, match="--map"):
        asked_for(columns, *NOTHING[1:], False)


@pytest.mark.parametrize(
    ("message", "paths", "flag"),
    [
        ("03/04/2024 may be March or April.", ["dateOrder"], "--date-order DMY"),
        ("dateOrder: 03/04/2024 may be March or April.", [], "--date-order DMY"),
        ("1.200 may be either.", ["decimalComma"], "--decimal-comma or --decimal-point"),
        ("Say the timeZone.", [], "--time-zone"),
        ("No column brings the id.", ["mapping"], '--map "Column=field"'),
    ],
)
def test_a_question_of_the_server_names_the_flag_that_answers_it(
    message: str, paths: list[str], flag: str
) -> None:
    said = with_flags(message, paths)
    assert said.startswith(f"{message.rstrip('.')}. Give it with ")
    assert flag in said


def test_other_faults_stay_as_they_are_said() -> None:
    assert with_flags("The country of row 3 is none.", ["records", "country_of"]) == (
        "The country of row 3 is none."
    )


def _shown(capsys: pytest.CaptureFixture[str], answer: Mapping[str, Any]) -> str:
    report_ingestion(Screen(), {**ANSWER, **answer}, "http://crm.test")
    return capsys.readouterr().out


def test_it_ends_with_the_causes_the_columns_left_over_and_where_the_refused_rows_lie(
    capsys: pytest.CaptureFixture[str],
) -> None:
    message = "amount is not a decimal number [red]like[/red] 12.50. " + "Send plain digits. " * 10
    causes = [
        {"column": "Total", "code": "INVALID", "message": message, "count": 1200, "first": 7},
        {"column": None, "code": "REQUIRED", "message": "Two\x1b[31m", "count": 1, "first": 3},
    ]
    out = _shown(
        capsys,
        {
            "rejected": 1201,
            "rowErrorCounts": causes,
            "ignoredColumns": ["Note", "Fax"],
            "notes": ["Read as Windows-1252."],
            "rowErrorsUrl": "/ingest/refused/1?signature=x",
            "isDryRun": True,
        },
    )
    lines = out.splitlines()
    assert lines[0].startswith("COMPLETED x: received 0, ")
    assert "A dry run: nothing was stored." in lines
    first = next(line for line in lines if line.startswith("amount"))
    assert message.strip() in first
    assert first.split()[-3:] == ["Total", "1,200", "7"]
    assert "\x1b" not in out
    assert "Columns that nothing took: Note, Fax" in lines
    assert "Note: Read as Windows-1252." in lines
    assert lines[-1].endswith(" http://crm.test/ingest/refused/1?signature=x")


def test_without_faults_it_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(_shown(capsys, {"rowErrorCounts": [], "ignoredColumns": []}).splitlines()) == 1


def test_a_preview_shows_columns_questions_and_first_rows(capsys: pytest.CaptureFixture[str]) -> None:
    refusal = "dateOrder: 03/04/2024 may be March or April"
    consents = [{"channel": channel, "status": "PENDING", "at": None} for channel in ("EMAIL", "SMS")]
    report_preview(
        Screen(),
        {
            "format": "csv",
            "encoding": "utf-8",
            "delimiter": ";",
            "sheets": [],
            "preset": "mailchimp",
            "columns": [
                {
                    "column": "E-Mail",
                    "samples": ["a@x.com", "b@x.com"],
                    "field": "email",
                    "because": "heading",
                },
                {"column": "Fax", "samples": [], "field": None, "because": None},
            ],
            "options": {"dateOrder": "YMD", "decimalComma": False, "country": None, "empty": ["-", "n/a"]},
            "questions": [refusal],
            "missingFields": ["name"],
            "records": [{"email": "a@x.com", "tags": ["vip", "blog"]}, {"consents": consents}],
            "refusal": refusal,
            "rowErrors": [{"row": 1, "message": "email is no address."}],
        },
    )
    out = capsys.readouterr().out
    assert out.startswith("csv, utf-8, semicolon between columns, preset mailchimp\n")
    assert ["E-Mail", "a@x.com", "|", "b@x.com", "email", "heading"] in [
        line.split() for line in out.splitlines()
    ]
    assert "--date-order DMY" in out
    assert "No column brings: name" in out
    assert "vip; blog" in out
    assert "EMAIL PENDING; SMS PENDING" in out
    assert "It would not be taken" not in out
    assert "row 1: email is no address." in out


def test_standard_input_can_be_read_again_and_again_while_it_comes() -> None:
    reading, writing = os.pipe()
    content = os.urandom(3 * PIECE_BYTES + 17)

    def write() -> None:
        with os.fdopen(writing, "wb") as pipe:
            for at in range(0, len(content), 100_000):
                pipe.write(content[at : at + 100_000])
                time.sleep(0.005)

    with Spool(reading) as spool:
        pieces = spool.pieces()
        # Nothing has come: the caller is not held up.
        assert next(pieces) == b""
        threading.Thread(target=write).start()
        assert spool.beginning(2) == content[:2]
        assert b"".join(pieces) == content
        assert b"".join(spool.pieces()) == content
    os.close(reading)


def test_standard_input_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    with Spool(folder) as spool, pytest.raises(CommandFailed, match="Is a directory"):
        list(spool.pieces())
    os.close(folder)


@pytest.mark.parametrize(
    ("name", "beginning", "size"),
    [
        ("a.csv", b"id", PREVIEW_BYTES),
        ("a.csv.gz", b"\x1f\x8b", PREVIEW_BYTES),
        ("a.xlsx", b"PK\x03\x04", None),
    ],
)
def test_a_preview_sends_the_beginning_and_all_of_a_workbook(
    tmp_path: Path, name: str, beginning: bytes, size: int | None
) -> None:
    file = tmp_path / name
    content = beginning + bytes(2 * PREVIEW_BYTES)
    file.write_bytes(content)
    with source_of(file) as source:
        assert b"".join(source.beginning()) == content[:size]
        assert source.is_gzip == name.endswith(".gz")


def test_the_help_lists_every_field_with_its_headings(tmp_path: Path) -> None:
    shown = " ".join(crm("import", "--help", cwd=tmp_path).out.split())
    for fields in FIELDS.values():
        for field in fields:
            assert f" {field.field} {field.description}" in shown
            assert ", ".join(field.aliases) in shown
