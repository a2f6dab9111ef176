"""The examples of docs/assistant.md are read as they stand there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_graphql.assistant.outcomes import SuggestionOutcome
from crm_graphql.assistant.reading import read
from crm_graphql.assistant.vocabulary import Vocabulary
from crm_graphql.audiences.catalogue import catalogue
from crm_graphql.audiences.describe import describe_rule
from crm_graphql.core.settings.assistant import AssistantSettings

TEXT = (Path(__file__).parents[2] / "docs" / "assistant.md").read_text(encoding="utf-8")
NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
OPTIONS = {"city": ("Mumbai", "Pune"), "country": ("IN",), "tags": ("vip",)}
VOCABULARY = Vocabulary(
    tuple(catalogue(options=OPTIONS)),
    "USD",
    values=OPTIONS,
    top={("totalSpend", 10): 12_000_0000},
)

EXAMPLES = re.findall(r"^\| (.+?) \| (RULE|ASSUMED|QUESTION|REFUSED) \| (.*?) \|$", TEXT, re.MULTILINE)


def test_there_are_examples() -> None:
    assert {outcome for _, outcome, _ in EXAMPLES} == {outcome.value for outcome in SuggestionOutcome}
    assert len(EXAMPLES) >= 15


@pytest.mark.parametrize(("words", "outcome", "told"), EXAMPLES)
def test_each_is_read_as_it_stands_there(words: str, outcome: str, told: str) -> None:
    reading = read(words, VOCABULARY, now=NOW)
    assert reading.outcome.value == outcome, reading.notes
    sentence = describe_rule(reading.rule, currency="USD") if reading.rule else " ".join(reading.notes)
    assert sentence == told


@pytest.mark.parametrize("name", AssistantSettings.model_fields)
def test_each_setting_stands_there_with_its_default(name: str) -> None:
    line = re.search(rf"^\| `CRM_{name.upper()}` \| (.*) \|$", TEXT, re.MULTILINE)
    assert line is not None
    default = AssistantSettings.model_fields[name].default
    if type(default) in (bool, int, float, str):
        shown = str(default) if isinstance(default, bool | str) else f"{round(default):,}"
        assert shown.lower() in line[1].lower()
