"""The check of announcements: each thing that can be forgotten, forgotten once."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import ClassVar

import pytest
import strawberry
from strawberry.tools import create_type

from consumers.registry import Job
from crm_graphql.bus.port import Message, PartitionedQueue, Queue
from crm_graphql.core.actor import Permission
from crm_graphql.core.paging import Row
from crm_graphql.gql import permission
from crm_graphql.gql.context import Info
from crm_graphql.gql.node import Node
from crm_graphql.gql.permission import RootField, mutation, query
from crm_graphql.gql.selection import Columns
from crm_graphql.mongo.documents import all_documents

ROOT = Path(__file__).parents[2]
checks = runpy.run_path(str(ROOT / "scripts" / "check_announced.py"))


class Spoiled(Message, frozen=True, kw_only=True):
    """A message of these tests."""

    kind: ClassVar[str] = "test.spoiled"


async def handle(_work: object, _message: object) -> None:
    """Do nothing."""


def job(queue: str) -> Job:
    return Job(Queue(queue), Spoiled, handle, 1)


def test_the_product_has_announced_everything() -> None:
    assert checks["check"](ROOT) == []


def test_a_queue_with_a_handler_that_nobody_declares_is_found() -> None:
    found = list(checks["lost_queues"]([Queue("a")], [job("a"), job("b")]))
    assert found == ["queue b: it has a handler, and no messages.py names it"]


def test_a_queue_that_nobody_empties_is_found() -> None:
    found = list(checks["lost_queues"]([Queue("a"), PartitionedQueue("b")(3)], [job("a")]))
    assert found == ["queue b.3: it has no handler in consumers/registry.py"]


@pytest.mark.parametrize(
    ("place", "source"),
    [
        ("crm_graphql/pets/service.py", 'PETS = Queue("pets")'),
        ("crm_graphql/pets/service.py", 'async def ask(bus):\n    await bus.publish(port.Queue("pets"))'),
        ("crm_graphql/pets/messages.py", 'def pets_queue(n):\n    return Queue(f"pets.{n}")'),
        ("crm_graphql/pets/messages.py", 'QUEUES = {"pets": PartitionedQueue("pets")}'),
        ("crm_graphql/pets/vendors/messages.py", 'PETS = Queue("pets")'),
        ("consumers/messages.py", 'PETS = Queue("pets")'),
    ],
)
def test_a_queue_that_is_made_where_nothing_declares_it_is_found(place: str, source: str) -> None:
    (found,) = checks["hidden_queues"](place, source)
    assert found.startswith(f"{place}:")


def test_queues_named_at_the_top_of_messages_are_declared() -> None:
    source = 'A = Queue("a")\nb: PartitionedQueue = PartitionedQueue("b")\nb(3)'
    assert list(checks["hidden_queues"]("crm_graphql/pets/messages.py", source)) == []


@strawberry.type
class Pet(Node):
    """A Node type of these tests."""

    full_name: str
    age: int

    @classmethod
    def from_document(cls, row: Row) -> Pet:
        return cls(id=strawberry.ID(str(row["_id"])), full_name=row["name"], age=row["age"])

    @strawberry.field
    def colour(self) -> str:
        return "brown"


@strawberry.input
class PetUpdateInput:
    """An input of these tests."""

    id: strawberry.ID
    pet_id: strawberry.ID | None = None


def schema_of(queries: list[RootField], mutations: list[RootField] | None = None) -> strawberry.Schema:
    return strawberry.Schema(
        query=create_type("Query", [one.field for one in queries]),
        mutation=create_type("Mutation", [one.field for one in mutations]) if mutations else None,
    )


@pytest.fixture
def decorated(monkeypatch: pytest.MonkeyPatch) -> list[RootField]:
    """A query `pet`, and `petUpdate` without a subject, with one, and with one that its input lacks."""
    found: list[RootField] = []
    monkeypatch.setattr(permission, "ROOT_FIELDS", found)

    @query(Permission.CUSTOMERS_READ, "One pet.")
    async def pet(info: Info) -> Pet | None:
        return None

    async def pet_update(info: Info, input: PetUpdateInput) -> Pet | None:
        return None

    for subject in (None, "pet_id", "owner_id"):
        mutation(Permission.CUSTOMERS_READ, "Change a pet.", subject=subject)(pet_update)
    return found


def test_a_decorated_root_field_that_is_not_in_the_schema_is_found(decorated: list[RootField]) -> None:
    pet, pet_update, *_ = decorated
    whole = schema_of([pet], [pet_update])._schema
    assert list(checks["lost_root_fields"]([pet, pet_update], whole)) == []
    (found,) = checks["lost_root_fields"]([pet, pet_update], schema_of([pet])._schema)
    assert found.startswith("Mutation field pet_update: ")


def test_a_mutation_that_is_announced_as_a_query_is_found(decorated: list[RootField]) -> None:
    pet, pet_update, *_ = decorated
    (found,) = checks["lost_root_fields"]([pet, pet_update], schema_of([pet, pet_update])._schema)
    assert found.startswith("Mutation field pet_update: ")


def test_a_mutation_that_does_not_tell_the_audit_of_its_object_is_found(
    decorated: list[RootField],
) -> None:
    pet, silent, telling, wrong = decorated
    said = [
        list(checks["lost_subjects"](schema_of([pet], [one])._schema.mutation_type))
        for one in (silent, telling, wrong)
    ]
    assert said == [
        ['Mutation field petUpdate: tell the audit which object it changes: subject="id"'],
        [],
        ["Mutation field petUpdate: its input has no owner_id, which is to be its subject"],
    ]


def test_a_node_type_that_node_cannot_fetch_is_found(decorated: list[RootField]) -> None:
    schema = schema_of(decorated[:1])._schema
    assert list(checks["lost_nodes"](schema, {"Pet"})) == []
    assert list(checks["lost_nodes"](schema, {"Customer"})) == [
        "type Pet: a Node that is not registered, so that `node` cannot fetch it"
    ]


@pytest.mark.parametrize(
    ("of_fields", "said"),
    [
        ({"fullName": ("name",), "age": ("age",)}, []),
        ({"fullName": ("name",)}, ["Pet.age: in no columns, and it has no resolver"]),
        (
            {"full_name": ("name",), "age": ("age",), "colour": ("age",)},
            [
                "Pet.fullName: in no columns, and it has no resolver",
                "columns of Pet: it has no field full_name",
            ],
        ),
    ],
    ids=["whole", "forgotten", "misnamed"],
)
def test_a_field_that_would_be_null_alone_is_found(
    decorated: list[RootField], of_fields: dict[str, tuple[str, ...]], said: list[str]
) -> None:
    columns = Columns("Pet", of_fields)
    Columns.every.remove(columns)
    assert list(checks["lost_columns"]([columns], schema_of(decorated[:1])._schema)) == said


def test_columns_of_no_type_are_found(decorated: list[RootField]) -> None:
    columns = Columns("Pett", {})
    Columns.every.remove(columns)
    assert list(checks["lost_columns"]([columns], schema_of(decorated[:1])._schema)) == [
        "columns of Pett: the schema has no such type"
    ]


def test_a_document_outside_the_modules_of_documents_is_found() -> None:
    stray = type("Stray", (), {"__module__": "crm_graphql.orders.service"})
    assert list(checks["lost_documents"]([stray, *all_documents()], all_documents())) == [
        "document crm_graphql.orders.service.Stray: it belongs into its domain's documents.py"
    ]
