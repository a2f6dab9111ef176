"""Whatever is sent as a document, it ends in an operation or a RequestError, and soon."""

from __future__ import annotations

import time

import pytest
from graphql import get_introspection_query
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_graphql.server.operations.preparing import GraphQLRequest, Operations
from crm_graphql.server.refusals import RequestError
from tests.server.asking import operations

SECONDS = 1.0
"""Some tens of milliseconds on a quiet machine; the machine that runs this may be busy."""

GOOD = [
    get_introspection_query(),
    """query A($n: Int = 5, $f: CustomerFilter) { customers(first: $n, filter: $f) { ...Page totalCount } }
       fragment Page on CustomerConnection { nodes { ...C orders(first: 2) { edges { node { id } } } } }
       fragment C on Customer { id @include(if: true) name }""",
    'mutation { ordersIngest(input: {records: [{externalId: "1", customerExternalId: "c", amount: 0.10, '
    'orderedAt: "2024-01-01"}]}) { ingestion { id } errors { code } } }',
    'subscription { deliveryUpdates(campaignId: "x", after: """a\n  b""") { cursor } } # end',
]
PIECES = st.sampled_from(
    ["{", "}", "[", "]", "(", ")", "...", "...C", "$n", "@skip(if: true)", '"', '"""', "\\u00", "#", "\r",
     ":", "!", "-", "1e999", "99999999999999999999", "\ud800", "\x00", "\ufeff", "é", "query",
     "fragment", "&",
     "first: 5", "nodes { id }", "__schema { types { name } }", "__typename", "{a:" * 50, "[" * 300]
)  # fmt: skip


async def prepare(asked: Operations, text: str) -> None:
    """Prepare it, cold; the only exception is RequestError, with codes and messages that UTF-8 can hold."""
    for allowed in (True, False):
        start = time.thread_time()
        try:
            request = GraphQLRequest(text, None, {"n": 10**400, "f": [[]]})
            await asked.prepare(request, introspection_allowed=allowed)
        except RequestError as error:
            for each in error.errors:
                assert (each.extensions or {})["code"]
                str(each.formatted).encode()
        assert time.thread_time() - start < SECONDS


bounded = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
@bounded
async def test_any_bytes(data: bytes) -> None:
    await prepare(operations(), data.decode(errors="surrogateescape"))


@given(st.lists(PIECES, max_size=30))
@bounded
async def test_any_pieces_of_the_language(pieces: list[str]) -> None:
    await prepare(operations(), " ".join(pieces))


@given(st.data(), st.sampled_from(GOOD))
@bounded
async def test_any_damage_to_a_good_document(data: st.DataObject, good: str) -> None:
    cut = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(cut, min(len(good), cut + 40)))
    piece = data.draw(PIECES | st.just(""))
    times = data.draw(st.sampled_from([1, 2, 50]))
    await prepare(operations(), good[:cut] + piece * times + good[end:])
    await prepare(operations(), good[:cut])


def fragments(count: int, body: str, root: str = "Query") -> str:
    return " ".join(f"fragment f{n} on {root} {{ {body.replace('NEXT', str(n + 1))} }}" for n in range(count))


WORST = {
    "a field over a thousand times": "{ customers { nodes { " + "id " * 1_450 + "} } }",
    "a deep selection many times": "{ customers { " + "nodes { orders { nodes { id } } } " * 140 + "} }",
    "a root field many times": "{ " + "customers { nodes { id } } " * 50 + "}",
    "fields of the schema many times": "{ __schema { types { "
    + "fields { name type { name } } " * 200
    + "} } }",
    "fragments that spread each other twice": "{ ...f0 } "
    + fragments(90, "...fNEXT ...fNEXT")
    + "fragment f90 on Query { __typename }",
    "fragments in a circle": "{ ...f0 } " + fragments(98, "...fNEXT") + "fragment f98 on Query { ...f0 }",
    "each fragment spreads all": "{ customers { nodes { "
    + " ".join(f"...f{n}" for n in range(17))
    + "} } } "
    + fragments(17, " ".join(f"...f{n}" for n in range(17)) + " id", "Customer"),
    "each fragment spreads all later ones": "{ customers { nodes { ...f0 } } } "
    + " ".join(
        f"fragment f{n} on Customer {{ id {' '.join(f'...f{m}' for m in range(n + 1, 24))} }}"
        for n in range(24)
    ),
    "a spread of ninety fragments": "{ customers { nodes { "
    + " ".join(f"...f{n}" for n in range(90))
    + "} } } "
    + fragments(90, "orders { nodes { id } }", "Customer"),
    "many operations over one fragment": "fragment F on Query { customers(first: $a) { nodes { "
    + "id name " * 100
    + "} } } "
    + " ".join(f"query q{n}($a: Int) {{ ...F }}" for n in range(25)),
    "a long list": "{ nodes(ids: [" + '"a" ' * 1_450 + "]) { id } }",
    "a long text and a long list": '{ nodes(ids: ["' + "a" * 25_000 + '"' + ' "a"' * 1_400 + "]) { id } }",
    "a long number": "{ customers(first: " + "1" * 32_000 + ") { nodes { id } } }",
    "a long fraction": 'mutation { ordersIngest(input: {records: [{externalId: "1", customerExternalId: "1", '
    f'amount: 0.{"1" * 30_000}, orderedAt: "2024-01-01"}}]}}) {{ errors {{ code }} }} }}',
    "a large exponent": 'mutation { ordersIngest(input: {records: [{externalId: "1", '
    'customerExternalId: "1", amount: 1e999999999, orderedAt: "2024-01-01"}]}) { errors { code } } }',
    "a long default": "query ($n: Int = " + "1" * 32_000 + ") { customers(first: $n) { nodes { id } } }",
    "a long name": "{ " + "a" * 32_000 + " }",
    "wrong names": "{ customers { nodes { " + " ".join(f"nam{n}" for n in range(1_450)) + " } } }",
    "wrong arguments": "{ customers(" + " ".join(f"firs{n}: 1" for n in range(470)) + ") { nodes { id } } }",
    "variables": "query (" + " ".join(f"$v{n}: Int" for n in range(365)) + ") { __typename }",
    "a rule": "{ audiencePreview(rule: {all: ["
    + '{where: {field: "a", operator: EQ, value: 1}} ' * 95
    + "]}) { size } }",
    "nested rules": "{ audiencePreview(rule: " + "{all: [" * 90 + "]}" * 90 + ") { size } }",
    "nested inline fragments": "{" + "...{" * 190 + "__typename" + "}" * 190 + "}",
    "comments": "#\n" * 16_000 + "{ __typename }",
    "line ends": "\r" * 32_000 + "{ __typename }",
    "a block text": '{ node(id: """' + "\n a" * 10_000 + '""") { id } }',
}


@pytest.mark.parametrize("text", WORST.values(), ids=WORST.keys())
async def test_the_worst_known_documents_are_answered_in_time(text: str) -> None:
    await prepare(operations(), text)
