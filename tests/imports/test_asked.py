"""Options as a sender writes them: each is checked, and all that is wrong is told at once."""

from __future__ import annotations

import json

import pytest

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.asked import COLUMNS_LIMIT, read_options
from crm_graphql.imports.plans import DateOrder, ImportOptions


def test_every_option_is_read() -> None:
    asked = read_options(
        [
            ("mapping", '{"Email Address": "email", "Notes": null}'),
            ("preset", "Shopify"),
            ("sheet", "Kunden"),
            ("delimiter", "semicolon"),
            ("encoding", "Latin1"),
            ("dateOrder", "dmy"),
            ("decimalComma", "true"),
            ("timeZone", "Europe/Berlin"),
            ("country", "Germany"),
            ("empty", "n/a,-"),
            ("empty", "none"),
            ("topic", "News"),
            ("totals", "false"),
            ("dryRun", "true"),
        ]
    )
    assert asked.request.mapping == (("Email Address", "email"), ("Notes", None))
    assert asked.request.preset == "shopify"
    assert (asked.sheet, asked.delimiter, asked.encoding) == ("Kunden", ";", "iso8859-1")
    assert asked.is_dry_run
    assert asked.request.options == ImportOptions(
        DateOrder.DMY, True, "Europe/Berlin", "DE", ("n/a", "-", "none"), "News", False
    )


def test_an_empty_text_is_no_option_and_an_id_is_that_of_a_kept_mapping() -> None:
    asked = read_options([("country", ""), ("dryRun", ""), ("mapping", "SW1wb3J0")])
    assert (asked.request.options.country, asked.is_dry_run) == (None, False)
    assert (asked.mapping_id, asked.request.mapping) == ("SW1wb3J0", None)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dateOrder", "DYM"),
        ("decimalComma", "yes"),
        ("dryRun", "1"),
        ("timeZone", "Berlin"),
        ("country", "Atlantis"),
        ("delimiter", "ab"),
        ("delimiter", '"'),
        ("delimiter", "x"),
        ("encoding", "klingon"),
        ("encoding", "base64"),
        ("mapping", "{"),
        ("mapping", '{"a": 1}'),
        ("mapping", '{"a": {"b": null}}'),
        ("mapping", '{" ": "email"}'),
        ("mapping", "[" * 10_000),
        ("sheet", "\x00"),
        ("empty", "x" * 101),
        ("topic", "x" * 300),
    ],
)
def test_a_bad_value_is_refused_at_its_name(name: str, text: str) -> None:
    if name == "mapping" and not text.startswith("{"):
        text = '{"a":' + text
    with pytest.raises(InvalidInput) as caught:
        read_options([(name, text)])
    assert {problem.path for problem in caught.value.problems} == {(name,)}


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_options(
            [("dateorder", "DMY"), ("country", "X?"), ("dryRun", "no"), ("totals", "true"), ("totals", "")]
        )
    paths = [problem.path for problem in caught.value.problems]
    assert sorted(paths) == [("country",), ("dateorder",), ("dryRun",), ("totals",)]


def test_a_mapping_that_names_a_column_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match='names the column "Email" twice'):
        read_options([("mapping", '{"Email": "email", "Email ": "name"}')])
    with pytest.raises(InvalidInput, match='names the column "Email" twice'):
        read_options([("mapping", '{"Email": "email", "Email": "email"}')])


def test_ten_thousand_columns_are_a_mapping_and_more_than_the_limit_are_none() -> None:
    many = {f"c{n}": None for n in range(10_000)}
    assert len(read_options([("mapping", json.dumps(many))]).request.mapping or ()) == 10_000
    too_many = {f"c{n}": None for n in range(COLUMNS_LIMIT + 1)}
    with pytest.raises(InvalidInput, match="at most"):
        read_options([("mapping", json.dumps(too_many))])
