"""A deployment with a list of trusted documents runs those and no others."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from crm_graphql.core.settings import SettingsError
from crm_graphql.server.operations.preparing import GraphQLRequest
from crm_graphql.server.operations.trusted import TrustedDocuments, read_trusted_documents
from crm_graphql.server.refusals import Refusal
from tests.server.asking import SCHEMA, code, limits, operations, refused

TEXT = "query Mine { __typename }"
HASH = hashlib.sha256(TEXT.encode()).hexdigest()
SHA1 = hashlib.sha1(TEXT.encode(), usedforsecurity=False).hexdigest()
APOLLO = "apollo-persisted-query-manifest"
BODY = {"id": "abc", "name": "Mine", "type": "query", "body": TEXT}

FORMS: list[tuple[Any, str]] = [
    ({HASH: TEXT}, HASH),
    ({"0123456789abcdef0123456789abcdef": TEXT}, "0123456789abcdef0123456789abcdef"),
    ([TEXT], HASH),
    ({"format": APOLLO, "version": 1, "operations": [BODY]}, "abc"),
    ({SHA1: TEXT}, SHA1),
    ({f"sha256:{HASH}": TEXT}, f"sha256:{HASH}"),
    # The hash of the text before a tool printed it.
    ({f"sha256:{'a1' * 32}": TEXT}, f"sha256:{'a1' * 32}"),
    ({"x-app:mine.1": TEXT}, "x-app:mine.1"),
]


def read(folder: Path, content: object) -> TrustedDocuments:
    """The list in a file with this content."""
    file = folder / "trusted.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return read_trusted_documents(limits(trusted_documents=str(file)), SCHEMA)


def named(key: object) -> GraphQLRequest:
    """A request by hash alone."""
    return GraphQLRequest(None, extensions={"persistedQuery": {"version": 1, "sha256Hash": key}})


@pytest.mark.parametrize(("content", "key"), FORMS)
async def test_a_listed_document_runs_by_its_id_its_hash_and_its_text(
    tmp_path: Path, content: object, key: str
) -> None:
    trusted = read(tmp_path, content)
    assert len(trusted) == 1
    names = (key, HASH, f"sha256:{HASH}", HASH.upper())
    by_id = [GraphQLRequest(None, document_id=name) for name in names]
    for request in (*map(named, names), *by_id, GraphQLRequest(TEXT)):
        operation = await operations(trusted).prepare(request, introspection_allowed=False)
        assert operation.document_hash == HASH


@pytest.mark.parametrize(
    "request_",
    [
        *(
            GraphQLRequest("{ __typename }"),
            GraphQLRequest(TEXT + " "),
            named("a" * 64),
            named(7),
            named(None),
        ),
        GraphQLRequest(None, document_id="abc"),
        # The text is what runs: a name beside it lets no other in.
        GraphQLRequest("{ __typename }", document_id=HASH),
    ],
)
async def test_anything_else_is_not_trusted(tmp_path: Path, request_: GraphQLRequest) -> None:
    error = await refused(request_, operations(read(tmp_path, [TEXT])))
    assert (error.refusal, code(error)) == (Refusal.UNTRUSTED, "DOCUMENT_NOT_TRUSTED")


async def test_an_id_that_is_not_on_the_list_is_told_with_what_to_do(tmp_path: Path) -> None:
    error = await refused(GraphQLRequest(None, document_id="abc"), operations(read(tmp_path, [TEXT])))
    assert 'list of 1, and "abc" is not on it' in str(error)
    assert "CRM_TRUSTED_DOCUMENTS" in str(error)


async def test_a_request_for_nothing_is_bad_input(tmp_path: Path) -> None:
    error = await refused(GraphQLRequest(None), operations(read(tmp_path, [TEXT])))
    assert code(error) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("content", "entry"),
    [
        ("{", "not JSON"),
        ("7", "neither an object nor a list"),
        ([], "no document"),
        ({"a": 7}, '"a"'),
        ({"a": "{ nope }"}, '"a"'),
        (["{ __typename }", "{"], "entry 1"),
        ({"operations": 7}, '"operations"'),
        ({"operations": [BODY, {"id": "b"}]}, 'operations[1] "b"'),
        ({"operations": [{"body": TEXT}]}, "operations[0]"),
        ("[" * 100_000, "not JSON"),
        ("query Mine { __typename }", "not JSON"),
        (
            {"operations": [BODY, {**BODY, "body": "{ __typename }"}]},
            'operations[1] "abc" has the id of another',
        ),
        ({"format": "other", "version": 1, "operations": [BODY]}, "'other' and 1"),
        ({"format": APOLLO, "version": 2, "operations": [BODY]}, "and 2"),
    ],
)
def test_an_unusable_list_stops_the_start_and_names_file_and_entry(
    tmp_path: Path, content: object, entry: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, content)
    assert str(tmp_path / "trusted.json") in str(caught.value)
    assert "CRM_TRUSTED_DOCUMENTS" in str(caught.value)
    assert entry in str(caught.value)


def test_a_missing_list_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere\.json"):
        read_trusted_documents(limits(trusted_documents=str(tmp_path / "nowhere.json")), SCHEMA)


async def test_what_the_package_serves_itself_runs_beside_the_list_as_far_as_the_limits_let_it(
    tmp_path: Path,
) -> None:
    listed, own = tmp_path / "trusted.json", tmp_path / "documents.json"
    listed.write_text(json.dumps([TEXT]))
    too_deep = "{ " + "a: __typename " * 10_000 + "}"
    own.write_text(json.dumps(["query Page { __typename }", too_deep]))
    trusted = read_trusted_documents(limits(trusted_documents=str(listed)), SCHEMA, own)
    assert len(trusted) == 2
    assert trusted.find(GraphQLRequest("query Page { __typename }")) is not None
    assert trusted.find(GraphQLRequest(too_deep)) is None
    not_built = tmp_path / "nowhere.json"
    assert len(read_trusted_documents(limits(trusted_documents=str(listed)), SCHEMA, not_built)) == 1
