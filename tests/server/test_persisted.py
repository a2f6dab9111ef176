"""Documents by their hash: known to every process, kept only from callers with a token."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from crm_graphql.mongo.persisted_documents import PersistedDocument
from crm_graphql.resources import Resources
from crm_graphql.server.operations.persisted import MongoStore, PersistedDocuments
from crm_graphql.server.operations.preparing import GraphQLRequest, Operation, Operations
from crm_graphql.server.refusals import Refusal
from tests.server.asking import code, limits, operations, refused

TEXT = "{ __typename }"


def by_hash(text: str) -> dict[str, Any]:
    """The extension that names the document."""
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(text.encode()).hexdigest()}}


def process(**overrides: Any) -> Operations:
    """The operations of one API process on the shared database."""
    return operations(PersistedDocuments(MongoStore(limits(**overrides))))


async def ask(asked: Operations, request: GraphQLRequest, *, known: bool = True) -> Operation:
    return await asked.prepare(request, introspection_allowed=False, known_caller=known)


async def stored() -> int:
    return await PersistedDocument.get_pymongo_collection().count_documents({})


async def test_a_hash_is_unknown_then_registered_then_known_to_every_process(resources: Resources) -> None:
    one, other = process(), process()
    error = await refused(GraphQLRequest(None, extensions=by_hash(TEXT)), one)
    assert (str(error), code(error)) == ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
    assert error.refusal is Refusal.PERSISTED
    first = await ask(one, GraphQLRequest(TEXT, extensions=by_hash(TEXT)))
    for asked in (one, other, other):
        again = await ask(asked, GraphQLRequest(None, extensions=by_hash(TEXT)), known=False)
        assert again.document_hash == first.document_hash


async def test_many_processes_may_register_the_same_document_at_once(resources: Resources) -> None:
    request = GraphQLRequest(TEXT, extensions=by_hash(TEXT))
    await asyncio.gather(*(ask(process(), request) for _ in range(20)))
    assert await stored() == 1


async def test_a_hash_of_another_text_is_refused(resources: Resources) -> None:
    request = GraphQLRequest("{ a: __typename }", extensions=by_hash(TEXT))
    error = await refused(request, process())
    assert (error.refusal, code(error)) == (Refusal.PERSISTED, "BAD_USER_INPUT")
    assert await stored() == 0


@pytest.mark.parametrize(
    ("text", "known", "named"),
    [
        ("{ nope }", True, True),
        ("{ customers { nodes { orders { nodes { customer { orders { nodes { id } } } } } } } }", True, True),
        (TEXT, False, True),
        (TEXT, True, False),
    ],
    ids=["invalid", "too complex", "from nobody", "without its hash"],
)  # fmt: skip
async def test_what_is_not_for_keeping_is_not_kept(
    resources: Resources, text: str, known: bool, named: bool
) -> None:
    request = GraphQLRequest(text, extensions=by_hash(text) if named else {})
    asked = process()
    if text == TEXT:
        await ask(asked, request, known=known)
    else:
        await refused(request, asked)
    assert await stored() == 0


async def test_only_so_many_are_kept_and_the_rest_still_runs(resources: Resources) -> None:
    asked = process(persisted_documents_limit=2)
    for number in range(4):
        text = f"{{ a{number}: __typename }}"
        await ask(asked, GraphQLRequest(text, extensions=by_hash(text)))
    assert await stored() == 2


async def test_a_kept_document_expires_when_nobody_asks_for_it(resources: Resources) -> None:
    await ask(process(), GraphQLRequest(TEXT, extensions=by_hash(TEXT)))
    collection = PersistedDocument.get_pymongo_collection()
    before = await collection.find_one({})
    indexes = await collection.index_information()
    assert before is not None
    assert indexes["expires_at"]["expireAfterSeconds"] == 0
    await ask(process(persisted_document_days=60), GraphQLRequest(None, extensions=by_hash(TEXT)))
    after = await collection.find_one({})
    assert after is not None
    assert (after["expires_at"] - before["expires_at"]).days >= 29


@pytest.mark.parametrize(
    "extension",
    [
        None,
        7,
        "x",
        [],
        {},
        {"version": 1},
        {"version": 2, "sha256Hash": "a" * 64},
        {"version": True, "sha256Hash": "a" * 64},
        {"version": 1, "sha256Hash": "a" * 63},
        {"version": 1, "sha256Hash": 7},
        {"version": 1, "sha256Hash": {"$ne": None}},
        {"version": 1, "sha256Hash": "g" * 64},
        {"version": 1, "sha256Hash": "\ud800" * 64},
    ],
)
@pytest.mark.parametrize("query", [None, TEXT])
async def test_an_extension_of_another_shape_is_bad_input(
    resources: Resources, extension: object, query: str | None
) -> None:
    error = await refused(GraphQLRequest(query, extensions={"persistedQuery": extension}), process())
    assert (error.refusal, code(error)) == (Refusal.REQUEST, "BAD_USER_INPUT")


def sha1(text: str) -> str:
    """What graphql-codegen calls the document, unless it is told otherwise."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()


def in_extension(name: str) -> dict[str, Any]:
    """As a client of a build tool sends it."""
    return {"persistedQuery": {"version": 1, "sha256Hash": name}}


@pytest.mark.parametrize("name", [SHA256, f"sha256:{SHA256}", SHA256.upper(), sha1(TEXT)])
async def test_a_document_is_known_by_each_spelling_of_its_hash_in_each_place(
    resources: Resources, name: str
) -> None:
    asked = process()
    await ask(asked, GraphQLRequest(TEXT, document_id=name))
    assert await stored() == 1
    for request in (
        GraphQLRequest(None, document_id=name),
        GraphQLRequest(None, extensions=in_extension(name)),
    ):
        assert (await ask(process(), request)).document_hash == SHA256


@pytest.mark.parametrize(
    "named",
    [
        {"extensions": in_extension(sha1(TEXT))},
        {"extensions": in_extension(f"sha256:{SHA256}")},
        {"document_id": SHA256},
    ],
)
async def test_a_build_tools_hash_of_a_text_that_was_printed_anew_runs_and_is_not_kept(
    resources: Resources, named: dict[str, Any]
) -> None:
    await ask(process(), GraphQLRequest("{  __typename  }", **named))
    assert await stored() == 0


async def test_an_id_that_is_no_hash_belongs_to_a_list_and_says_so(resources: Resources) -> None:
    error = await refused(GraphQLRequest(None, document_id="mine"), process())
    assert (error.refusal, code(error)) == (Refusal.PERSISTED, "PERSISTED_QUERY_NOT_FOUND")
    assert '"mine"' in str(error)
    assert "CRM_TRUSTED_DOCUMENTS" in str(error)
    # Beside a text it names nothing.
    await ask(process(), GraphQLRequest(TEXT, document_id="mine"))
    assert await stored() == 0


async def test_what_a_page_signs_in_with_is_known_to_its_process_without_a_token(
    resources: Resources,
) -> None:
    asked = process()
    await ask(asked, GraphQLRequest(TEXT, extensions=by_hash(TEXT)), known=False)
    await ask(asked, GraphQLRequest(None, extensions=by_hash(TEXT)), known=False)
    assert await stored() == 0
    error = await refused(GraphQLRequest(None, extensions=by_hash(TEXT)), process())
    assert code(error) == "PERSISTED_QUERY_NOT_FOUND"


async def test_strangers_push_out_nothing_of_those_with_a_token() -> None:
    store = Memory()
    asked = operations(PersistedDocuments(store))
    await ask(asked, GraphQLRequest(TEXT, extensions=by_hash(TEXT)))
    padding = "x" * 30_000
    for number in range(50):
        text = f"{{ a{number}: __typename }} # {padding}"
        await ask(asked, GraphQLRequest(text, extensions=by_hash(text)), known=False)
    await ask(asked, GraphQLRequest(None, extensions=by_hash(TEXT)))
    assert store.reads == 0
    # And little of them is kept.
    await refused(GraphQLRequest(None, extensions=by_hash(f"{{ a0: __typename }} # {padding}")), asked)


class Away:
    """A store whose server cannot be reached."""

    async def find(self, key: str) -> str | None:
        raise ServerSelectionTimeoutError(key)

    async def keep(self, key: str, text: str) -> bool:
        raise ServerSelectionTimeoutError(key + text)


async def test_without_mongodb_clients_are_told_to_send_the_text_and_it_runs() -> None:
    asked = operations(PersistedDocuments(Away()))
    error = await refused(GraphQLRequest(None, extensions=by_hash(TEXT)), asked)
    assert code(error) == "PERSISTED_QUERY_NOT_FOUND"
    await ask(asked, GraphQLRequest(TEXT, extensions=by_hash(TEXT)))


class Memory:
    """A store that counts how often it is read."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.reads = 0

    async def find(self, key: str) -> str | None:
        self.reads += 1
        return self.texts.get(key)

    async def keep(self, key: str, text: str) -> bool:
        self.texts[key] = text
        return True


async def test_what_is_near_is_not_read_again_and_what_is_near_is_bounded() -> None:
    store = Memory()
    asked = operations(PersistedDocuments(store, near_bytes=40))
    texts = [f"{{ a{number}: __typename }}" for number in range(3)]
    for text in texts:
        await ask(asked, GraphQLRequest(text, extensions=by_hash(text)))
    for _ in range(3):
        await ask(asked, GraphQLRequest(None, extensions=by_hash(texts[2])))
    assert store.reads == 0
    await ask(asked, GraphQLRequest(None, extensions=by_hash(texts[0])))
    assert store.reads == 1


async def test_a_text_larger_than_what_is_near_is_read_each_time() -> None:
    store = Memory()
    asked = operations(PersistedDocuments(store, near_bytes=10))
    text = "{ a: __typename }"
    await ask(asked, GraphQLRequest(text, extensions=by_hash(text)))
    for _ in range(2):
        await ask(asked, GraphQLRequest(None, extensions=by_hash(text)))
    assert store.reads == 2
