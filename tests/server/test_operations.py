"""A request becomes one checked operation, or one clear refusal, before anything runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from graphql import OperationType, get_introspection_query

from crm_graphql.client import api, ingestions
from crm_graphql.server.operations.checking import check_document
from crm_graphql.server.operations.preparing import DocumentCache, GraphQLRequest, Operations
from crm_graphql.server.refusals import Refusal, RequestError
from tests.server.asking import SCHEMA, code, limits, operations, refused

ROOT = Path(__file__).parents[2]

# GraphiQL's and graphql-js's own, with all that they may ask for.
INTROSPECTION = get_introspection_query(
    descriptions=True,
    specified_by_url=True,
    directive_is_repeatable=True,
    schema_description=True,
    input_value_deprecation=True,
)


def limited(setting: str, value: int) -> Operations:
    """Operations with one limit changed."""
    return Operations(SCHEMA, limits(**{setting: value}))


def spread_twice(levels: int) -> str:
    """Fragments of which each spreads the next twice: 2^levels fields for an expander."""
    chain = [f"fragment f{level} on Query {{ ...f{level + 1} ...f{level + 1} }}" for level in range(levels)]
    return " ".join(["{ ...f0 }", *chain, f"fragment f{levels} on Query {{ __typename }}"])


async def test_an_operation_says_what_it_is() -> None:
    text = "query A { __typename } mutation B { campaignLaunch(input: {id: 1}) { errors { code } } }"
    request = GraphQLRequest(text, "B", {"x": 1})
    operation = await operations().prepare(request, introspection_allowed=False)
    assert (operation.kind, operation.name) == (OperationType.MUTATION, "B")
    assert operation.variables == {"x": 1}
    assert re.fullmatch("[0-9a-f]{64}", operation.document_hash)


async def test_every_document_of_the_product_passes() -> None:
    asked = operations()
    readme = re.findall(r"```graphql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    sources = [module.__file__ or "" for module in (api, ingestions)]
    embedded = [
        text
        for source in sources
        for text in re.findall(r'"""((?:query|mutation)\b.*?)"""', Path(source).read_text(), re.DOTALL)
    ]
    texts = [*readme, *embedded, (ROOT / "graphiql/src/tour.graphql").read_text(), INTROSPECTION]
    assert len(texts) >= 3
    for text in texts:
        document = check_document(text, SCHEMA, limits(), suggestions=True)
        for name in document.operations:
            await asked.prepare(GraphQLRequest(text, name or None), introspection_allowed=True)


STRUCTURE = [
    ("{ customers { nodes { orders { nodes { customer { id } } } } } }", "query_depth", 5, 6),
    ("{ a: __typename b: __typename }", "query_aliases", 1, 2),
    ("{ ...F ...F } fragment F on Query { a: __typename }", "query_aliases", 1, 2),
    ("{ a: __typename ...F } fragment F on Query { b: __typename }", "query_root_fields", 1, 2),
    ("{ __typename @skip(if: false) ... @include(if: true) { __typename } }", "query_directives", 1, 2),
    ("{ ...F } fragment F on Query { __typename }", "query_definitions", 1, 2),
    ("query A { __typename } query B { __typename }", "query_operations", 1, 2),
    ("{ ...F ...F } fragment F on Query { __typename }", "query_spreads", 1, 2),
    ("{ customers(first: 10) { nodes { id } } }", "query_cost", 31, 32),
    (spread_twice(40), "query_root_fields", 50, 10**12),
]


@pytest.mark.parametrize(("text", "setting", "limit", "value"), STRUCTURE)
async def test_over_a_limit_the_one_error_says_limit_value_and_setting(
    text: str, setting: str, limit: int, value: int
) -> None:
    error = await refused(text, limited(setting, limit))
    (only,) = error.errors
    variable = f"CRM_{setting.upper()}"
    assert only.extensions == {"code": "TOO_COMPLEX", "limit": limit, "value": value, "setting": variable}
    assert f"at most {limit} " in only.message
    assert variable in only.message
    assert error.refusal is Refusal.LIMIT


@pytest.mark.parametrize(("text", "setting", "limit", "value"), STRUCTURE[:-1])
async def test_at_the_limit_it_passes(text: str, setting: str, limit: int, value: int) -> None:
    document = check_document(text, SCHEMA, limits(**{setting: value}), suggestions=False)
    request = GraphQLRequest(text, next(iter(document.operations)) or None)
    await limited(setting, value).prepare(request, introspection_allowed=False)


async def test_a_document_of_too_many_bytes_or_tokens_names_the_setting() -> None:
    long = await refused("{ __typename }" + " " * 2_000, operations(query_bytes=1_000))
    assert "CRM_QUERY_BYTES" in str(long)
    wide = await refused("{ __typename }#" + "é" * 600, operations(query_bytes=1_000))
    assert "CRM_QUERY_BYTES" in str(wide)
    many = await refused("{" + "__typename " * 200 + "}", operations(query_tokens=100))
    assert "CRM_QUERY_TOKENS" in str(many)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("{", Refusal.SYNTAX),
        ('{ a(b: "\ud800") }', Refusal.SYNTAX),
        ("{" * 30_000, Refusal.SYNTAX),
        ("{a(b:" + "[" * 30_000, Refusal.SYNTAX),
        ("{a(b:" + "{a:" * 10_000, Refusal.SYNTAX),
        ("query($a:" + "[" * 30_000, Refusal.SYNTAX),
        ("{ nope }", Refusal.VALIDATION),
        ("type A { b: Int }", Refusal.VALIDATION),
        ("fragment F on Query { __typename }", Refusal.VALIDATION),
        ("{ ...F } fragment F on Query { ...G } fragment G on Query { ...F }", Refusal.VALIDATION),
        ("{ ...F } fragment F on Query { customers { nodes { ...F } } }", Refusal.VALIDATION),
        ("query A { __typename } query B { __typename }", Refusal.OPERATION),
    ],
)
async def test_what_cannot_run_is_bad_input(text: str, refusal: Refusal) -> None:
    error = await refused(text)
    assert (error.refusal, code(error)) == (refusal, "BAD_USER_INPUT")


async def test_an_unknown_operation_name_is_bad_input() -> None:
    error = await refused(GraphQLRequest("query A { __typename }", "B"))
    assert error.refusal is Refusal.OPERATION
    assert '"B"' in str(error)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        [],
        "text",
        7,
        {"query": 7},
        {"query": "{a}", "operationName": 7},
        {"query": "{a}", "variables": []},
        {"query": "{a}", "extensions": "x"},
    ],
)
def test_a_request_of_another_shape_is_refused(payload: object) -> None:
    with pytest.raises(RequestError) as caught:
        GraphQLRequest.of(payload)
    assert (caught.value.refusal, code(caught.value)) == (Refusal.REQUEST, "BAD_USER_INPUT")


async def test_nulls_and_empty_texts_count_as_left_out() -> None:
    request = GraphQLRequest.of({"query": "", "operationName": "", "variables": None, "extensions": None})
    assert request == GraphQLRequest(None)
    assert (await refused(request)).refusal is Refusal.REQUEST


async def test_at_most_twenty_errors_with_messages_of_bounded_length() -> None:
    names = " ".join(f"{'a' * 700}{number}" for number in range(40))
    error = await refused("{" + names + "}")
    assert len(error.errors) == 6
    assert all(len(each.message) <= 500 for each in error.errors)


async def test_suggestions_need_a_token() -> None:
    hidden = await refused("{ custmers { nodes { id } } }")
    assert "Did you mean" not in str(hidden)
    shown = await refused("{ custmers { nodes { id } } }", introspection_allowed=True)
    assert "Did you mean" in str(shown)


@pytest.mark.parametrize(
    "text",
    [
        "{ __schema { types { name } } }",
        '{ __type(name: "Customer") { name } }',
        "{ x: __typename ...F } fragment F on Query { ... { __schema { types { name } } } }",
    ],
)
async def test_introspection_needs_a_token_even_when_the_document_is_cached(text: str) -> None:
    asked = operations()
    await asked.prepare(GraphQLRequest(text), introspection_allowed=True, known_caller=True)
    error = await refused(text, asked)
    assert (error.refusal, code(error)) == (Refusal.INTROSPECTION, "UNAUTHENTICATED")


async def test_typename_needs_no_token() -> None:
    await operations().prepare(GraphQLRequest("{ __typename }"), introspection_allowed=False)


async def test_introspection_is_bounded_by_its_own_rule() -> None:
    nested = "fields { type { " * 4 + "name" + " } }" * 4
    error = await refused(f"{{ __schema {{ types {{ {nested} }} }} }}", introspection_allowed=True)
    assert error.refusal is Refusal.VALIDATION


async def test_a_prepared_document_is_not_checked_again() -> None:
    asked = operations()
    request = GraphQLRequest("{ __typename }")
    first = await asked.prepare(request, introspection_allowed=False, known_caller=True)
    assert (await asked.prepare(request, introspection_allowed=False)).document is first.document


async def test_anonymous_callers_do_not_push_out_the_documents_of_others() -> None:
    asked = operations(document_cache_bytes=100_000)
    request = GraphQLRequest("{ __typename }")
    first = await asked.prepare(request, introspection_allowed=False, known_caller=True)
    for number in range(100):
        flood = GraphQLRequest(f"{{ a{number}: __typename }}")
        await asked.prepare(flood, introspection_allowed=False)
    assert (await asked.prepare(request, introspection_allowed=False)).document is first.document


def test_the_cache_forgets_the_least_recently_used_first() -> None:
    texts = [f"{{ a{number}: __typename }}" for number in range(4)]
    documents = {text: check_document(text, SCHEMA, limits(), suggestions=False) for text in texts}
    each = len(texts[0]) * 4 + documents[texts[0]].tokens * 500
    cache = DocumentCache(3 * each)
    for text in texts[:3]:
        cache.put(text, documents[text])
    cache.get(texts[0])
    cache.put(texts[3], documents[texts[3]])
    assert [text for text in texts if cache.get(text)] == [texts[0], texts[2], texts[3]]


def test_a_document_larger_than_the_cache_pushes_nothing_out() -> None:
    cache = DocumentCache(5_000)
    small, large = "{ __typename }", "{" + "__typename " * 50 + "}"
    for text in (small, large):
        cache.put(text, check_document(text, SCHEMA, limits(), suggestions=False))
    assert cache.get(small)
    assert not cache.get(large)
