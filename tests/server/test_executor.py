"""The executor gives what graphql-core gives, data and errors alike, only sooner."""

from __future__ import annotations

from typing import Any

import strawberry
from graphql import ExecutionResult, execute, parse
from hypothesis import given
from hypothesis import strategies as st
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from crm_graphql.server.executor import FastExecutor


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Leaf(Named):
    count: int
    note: str | None
    tags: list[str]
    marks: list[int | None] | None

    @strawberry.field
    def shout(self) -> str:
        return self.name.upper()

    @strawberry.field
    async def later(self, times: int = 1) -> str:
        return self.name * times


@strawberry.type
class Query:
    leaves: list[Leaf]
    maybe: list[Leaf | None] | None
    one: Leaf | None
    named: list[Named]


SCHEMA = strawberry.Schema(Query, types=[Leaf])._schema
SELECTIONS = [
    "name",
    "count",
    "note",
    "tags",
    "marks",
    "__typename",
    "other: name",
    "shout",
    "later(times: 2)",
    "...F",
    "note @skip(if: true)",
]
FIELDS = ["leaves", "maybe", "one", "named"]

# Of each field mostly what fits it, and sometimes what does not.
odd = st.sampled_from([None, object(), "text", 2**40, [None], ["a", 1], -1, float("nan"), True])
leaf = st.builds(
    Leaf,
    name=st.one_of(st.text(max_size=3), odd),
    count=st.one_of(st.integers(-5, 5), odd),
    note=st.one_of(st.none(), st.text(max_size=3), odd),
    tags=st.one_of(st.lists(st.text(max_size=2), max_size=2), odd),
    marks=st.one_of(st.none(), st.lists(st.one_of(st.none(), st.integers(0, 3)), max_size=2), odd),
)
good_leaf = st.builds(
    Leaf,
    name=st.just("a"),
    count=st.integers(0, 9),
    note=st.none() | st.just("n"),
    tags=st.just(["x"]),
    marks=st.none() | st.just([1, None]),
)
leaves = st.one_of(
    st.lists(good_leaf, max_size=3), st.lists(leaf, max_size=3), st.lists(st.none() | leaf, max_size=2)
)


def shown(result: Any) -> Any:
    """Data and errors as a client would see them."""
    assert isinstance(result, ExecutionResult)
    errors = [(error.message, error.path) for error in result.errors or ()]
    return result.data, sorted(errors, key=str)


async def run(executor: type[StrawberryGraphQLCoreExecutionContext], document: str, root: Query) -> Any:
    result = execute(SCHEMA, parse(document), root, executor_class=executor)
    return shown(await result if not isinstance(result, ExecutionResult) else result)


@given(
    st.builds(Query, leaves=leaves, maybe=st.none() | leaves, one=st.none() | leaf, named=leaves),
    st.lists(st.sampled_from(SELECTIONS), min_size=1, max_size=4, unique=True),
    st.lists(st.sampled_from(FIELDS), min_size=1, max_size=3, unique=True),
)
async def test_data_and_errors_are_those_of_graphql_core(
    root: Query, selections: list[str], roots: list[str]
) -> None:
    chosen = [name for name in selections if name in ("name", "__typename", "other: name")] or ["name"]
    parts = [f"{name} {{ {' '.join(chosen if name == 'named' else selections)} }}" for name in roots]
    document = f"{{ {' '.join(parts)} }}"
    if "...F" in document:
        document += " fragment F on Leaf { name tags }"
    assert await run(FastExecutor, document, root) == await run(
        StrawberryGraphQLCoreExecutionContext, document, root
    )
