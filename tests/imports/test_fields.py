"""The table of fields: whole, and without a heading that could be two fields."""

from __future__ import annotations

from collections import Counter

import pytest

from crm_graphql.imports.fields import DATES, FIELDS, NUMBERS, fields_by_heading, folded, own_headings
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import LAYOUTS

KINDS = pytest.mark.parametrize("kind", list(IngestionKind))


@KINDS
def test_no_heading_is_two_fields_of_a_kind(kind: IngestionKind) -> None:
    headings = Counter(
        name
        for field in FIELDS[kind]
        for name in {folded(heading) for heading in (field.field, *field.aliases)}
    )
    assert [name for name, count in headings.items() if count > 1] == []
    assert "" not in headings


@KINDS
def test_every_name_of_our_files_and_of_the_mutation_is_the_field_it_was(kind: IngestionKind) -> None:
    layout, known = LAYOUTS[kind], fields_by_heading(kind)
    assert {key: known.get(folded(key)) for key in layout.keys} == {key: key for key in layout.keys}
    assert {alias: known.get(folded(alias)) for alias in layout.aliases} == layout.aliases
    assert own_headings(kind) <= known.keys()


@KINDS
def test_every_field_says_what_it_is(kind: IngestionKind) -> None:
    for field in FIELDS[kind]:
        assert field.label, field
        assert field.description.endswith("."), field
        assert field.example, field


def test_what_is_converted_is_a_field() -> None:
    names = {field.field for fields in FIELDS.values() for field in fields}
    assert names >= DATES | NUMBERS


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("E-Mail", "email"),
        ("  EMAIL_ADDRESS ", "email"),
        ("e mail address", "email"),
        ("First-Name", "first_name"),
        ("Prenom", "first_name"),
        ("Prénom", "first_name"),
        ("Phone No.", "phone"),
        ("Handy:", "phone"),
        ("totalSpend", "total_spend"),
        ("Country / Region", "country"),
        ("Customer ID", "customer_id"),
    ],
)
def test_headings_match_without_regard_to_case_spaces_signs_and_accents(heading: str, field: str) -> None:
    assert fields_by_heading(IngestionKind.CUSTOMERS)[folded(heading)] == field
