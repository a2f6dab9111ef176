"""Development knows the ids of the list and runs everything else as well."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from crm_graphql.core.settings import SettingsError
from crm_graphql.server.operations.listed_too import ListedToo
from crm_graphql.server.operations.persisted import PersistedDocuments
from crm_graphql.server.operations.preparing import GraphQLRequest, Operations
from crm_graphql.server.operations.trusted import read_trusted_documents
from tests.server.asking import SCHEMA, code, limits, operations, refused
from tests.server.test_persisted import Memory, by_hash

LISTED = "query Mine { __typename }"
OTHER = "query Other { __typename }"


def development(file: Path, store: Memory | None = None) -> Operations:
    """The operations of a development server with this list."""
    settings = limits(trusted_documents=str(file))
    others = PersistedDocuments(store or Memory())
    return operations(ListedToo(file, lambda: read_trusted_documents(settings, SCHEMA), others))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A list of one document."""
    path = tmp_path / "persisted-documents.json"
    path.write_text(json.dumps({"mine": LISTED}))
    return path


async def ran(asked: Operations, request: GraphQLRequest) -> str | None:
    """The name of the operation that the request runs."""
    return (await asked.prepare(request, introspection_allowed=True, known_caller=True)).name


async def test_an_id_of_the_list_and_any_text_run_and_only_the_text_is_told_in_the_log(file: Path) -> None:
    asked = development(file)
    with capture_logs() as logs:
        assert await ran(asked, GraphQLRequest(None, document_id="mine")) == "Mine"
        assert await ran(asked, GraphQLRequest(LISTED)) == "Mine"
        for _ in range(2):
            assert await ran(asked, GraphQLRequest(OTHER)) == "Other"
    (line,) = logs
    assert (line["document"], line["setting"]) == (OTHER, "CRM_TRUSTED_DOCUMENTS")


async def test_a_hash_that_is_not_on_the_list_is_learnt_as_without_one(file: Path) -> None:
    store = Memory()
    asked = development(file, store)
    error = await refused(GraphQLRequest(None, extensions=by_hash(OTHER)), asked)
    assert (str(error), code(error)) == ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
    await ran(asked, GraphQLRequest(OTHER, extensions=by_hash(OTHER)))
    assert await ran(asked, GraphQLRequest(None, extensions=by_hash(OTHER))) == "Other"
    assert list(store.texts.values()) == [OTHER]


async def test_a_list_that_is_written_anew_is_read_anew_and_a_broken_one_changes_nothing(file: Path) -> None:
    asked = development(file)
    new = GraphQLRequest(None, document_id="other")
    await refused(new, asked)
    file.write_text(json.dumps({"mine": LISTED, "other": OTHER}))
    assert await ran(asked, new) == "Other"
    file.write_text("{")
    with capture_logs() as logs:
        await refused(GraphQLRequest(None, document_id="third"), asked)
    assert "not JSON" in logs[0]["reason"]
    assert await ran(asked, new) == "Other"
    os.remove(file)
    assert await ran(asked, new) == "Other"


def test_a_list_that_cannot_be_read_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.json"):
        development(tmp_path / "nowhere.json")
