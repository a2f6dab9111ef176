"""Nobody reads or writes without a token, and no role does what the SDL does not say."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from graphql import GraphQLObjectType, build_schema

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import ROLE_PERMISSIONS, Permission, Role
from crm_graphql.core.errors import NotFound
from crm_graphql.gql.live import LiveHub
from crm_graphql.schema import print_sdl, schema
from tests.gql.calls import call_of
from tests.gql.conftest import Api

ROOTS = ("Query", "Mutation", "Subscription")

PUBLIC = "public"
"""Stands for a field that asks nothing."""


def required() -> dict[tuple[str, str], Permission | str | None]:
    """For each root field the permission in the SDL; None for any signed-in caller; PUBLIC for anybody."""
    found: dict[tuple[str, str], Permission | str | None] = {}
    for root in ROOTS:
        body = re.search(rf"^type {root} {{\n(.*?)^}}", print_sdl(), re.MULTILINE | re.DOTALL)
        assert body is not None
        names = set(schema._schema.type_map[root].fields)  # type: ignore[attr-defined]
        text = re.sub(r'"""(.|\n)*?"""', "", body[1])
        for name, directive in re.findall(
            r"^  (\w+)(?:\((?:[^()]|\n)*?\))?: .*?(@requires\(permission: \w+\)|@signedIn|@public)",
            text,
            re.MULTILINE,
        ):
            match = re.search(r"permission: (\w+)", directive)
            found[root, name] = Permission[match[1]] if match else PUBLIC if directive == "@public" else None
            names.discard(name)
        assert names == set(), f"{root} fields without a permission in the SDL: {names}"
    return found


REQUIRED = required()
FIELDS = sorted((root, name) for root, name in REQUIRED if root != "Subscription")


AS_PRINTED = build_schema(print_sdl())


def call(root: str, name: str) -> str:
    """The smallest call of a root field."""
    kind = AS_PRINTED.type_map[root]
    assert isinstance(kind, GraphQLObjectType)
    return call_of(name, kind.fields[name])


def codes(body: dict[str, object]) -> set[str]:
    """All error codes in an answer, in payloads and top-level."""
    return set(re.findall(r"'code': '(\w+)'", str(body)))


@pytest.mark.parametrize(("root", "name"), FIELDS, ids=[name for _, name in FIELDS])
async def test_each_field_asks_for_what_the_sdl_says(api: Api, root: str, name: str) -> None:
    document = f"{root.lower()} {{ {call(root, name)} }}"
    needed = REQUIRED[root, name]
    if needed == PUBLIC:
        for role in (None, *Role):
            answer = await api.ask(document, role=role)
            assert "errors" not in answer, (role, answer)
        return
    assert not isinstance(needed, str)
    nobody = await api.ask(document, role=None)
    assert codes(nobody) == {"UNAUTHENTICATED"}
    assert nobody["data"] is None or nobody["data"] == {name: None}
    for role in Role:
        answer = await api.ask(document, role=role)
        refused = "FORBIDDEN" in codes(answer)
        assert refused is (needed is not None and needed not in ROLE_PERMISSIONS[role]), (role, answer)


async def _of_nothing(*_: object) -> AsyncIterator[object]:
    raise NotFound("There is nothing to watch.")
    yield


WATCHED = sorted(name for root, name in REQUIRED if root == "Subscription")


@pytest.mark.parametrize("name", WATCHED)
async def test_each_subscription_asks_for_what_the_sdl_says(
    api: Api, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One that names nothing would never end.
    monkeypatch.setattr(LiveHub, "states", _of_nothing)
    needed = REQUIRED["Subscription", name]
    assert isinstance(needed, Permission)
    for role in (None, *Role):
        headers = {"accept": "text/event-stream"}
        if role is not None:
            token = mint_token(api.resources.settings, role, timedelta(minutes=5))
            headers["authorization"] = f"Bearer {token}"
        # An id that is none ends the stream of who may watch; so each answer is whole.
        body = {"query": f"subscription {{ {call('Subscription', name)} }}"}
        answer = await api.http.post("/graphql", json=body, headers=headers)
        found = set(re.findall(r'"code":"(\w+)"', answer.text))
        if role is None:
            assert found == {"UNAUTHENTICATED"}, answer.text
        else:
            assert found, answer.text
            assert ("FORBIDDEN" in found) is (needed not in ROLE_PERMISSIONS[role]), (role, answer.text)


def test_only_these_fields_are_open_to_everybody() -> None:
    assert {name for (_, name), needed in REQUIRED.items() if needed == PUBLIC} == {
        *("serverInfo", "viewer", "register", "login", "refresh", "passwordSet")
    }


async def test_an_ingestor_sees_only_its_own_ingestions(api: Api) -> None:
    document = """mutation { customersIngest(input: {records: [{externalId: "a"}]}) {
      ingestion { id } errors { code } } }"""
    mine = await api.ask(document, role=Role.INGESTOR, subject="mine")
    key = mine["data"]["customersIngest"]["ingestion"]["id"]
    ask = f'{{ ingestion(id: "{key}") {{ id }} node(id: "{key}") {{ id }} ingestions {{ totalCount }} }}'
    own = await api.ask(ask, role=Role.INGESTOR, subject="mine")
    assert own["data"] == {"ingestion": {"id": key}, "node": {"id": key}, "ingestions": {"totalCount": 1}}
    other = await api.ask(ask, role=Role.INGESTOR, subject="other")
    assert other["data"] == {"ingestion": None, "node": None, "ingestions": {"totalCount": 0}}
