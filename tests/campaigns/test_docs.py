"""The requests of docs/campaigns.md can be copied: the schema takes each of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from crm_graphql.campaigns.documents import CampaignStatus

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/campaigns.md").read_text(encoding="utf-8")
REQUESTS = re.findall(r"```graphql\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda text: re.findall(r"\w+", text)[1])
def test_each_request_is_valid(request_: str) -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
    assert validate(schema, parse(request_)) == []


def test_every_state_and_every_mutation_of_a_launched_campaign_is_explained() -> None:
    assert re.findall(r"^\| `([A-Z]+)` \|", PAGE, re.MULTILINE) == [status.value for status in CampaignStatus]
    actions = ("Schedule", "Unschedule", "Pause", "Resume", "Cancel", "Retry", "Duplicate", "Delete")
    assert [action for action in actions if f"campaign{action}" not in PAGE] == []
