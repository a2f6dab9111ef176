"""Saved views: one's own, those that are shared, and who changes them."""

from __future__ import annotations

from typing import Any

import pytest

from crm_graphql.audit.documents import AuditEvent
from crm_graphql.core.actor import Role
from crm_graphql.views import service
from crm_graphql.views.documents import SavedView
from crm_graphql.views.service import STATE_BYTES
from tests.gql.conftest import Api
from tests.gql.conftest import api as api

SAVE = """mutation ($input: SavedViewSaveInput!) { savedViewSave(input: $input) {
  savedView { id name list state isShared } errors { path code } } }"""
DELETE = "mutation ($id: ID!) { savedViewDelete(input: {id: $id}) { deletedId errors { path code } } }"
LIST = "query ($list: String) { savedViews(list: $list) { name } }"
NODE = "query ($id: ID!) { node(id: $id) { id } }"
STATE = {"columns": ["name", "$where", "a.b"], "filter": {"ratio": 0.1, "big": 2**60}, "sort": None}


async def save(api: Api, subject: str = "ann", role: Role = Role.MARKETER, **fields: Any) -> dict[str, Any]:
    """The payload."""
    given = {"name": "Mine", "list": "customers", "state": STATE, **fields}
    answer = await api.ask(SAVE, {"input": given}, role=role, subject=subject)
    payload: dict[str, Any] = answer["data"]["savedViewSave"]
    return payload


async def seen(api: Api, subject: str, of: str | None = None, role: Role = Role.VIEWER) -> list[str]:
    """The names that the caller is shown."""
    answer = await api.ask(LIST, {"list": of}, role=role, subject=subject)
    return [view["name"] for view in answer["data"]["savedViews"]]


async def delete(api: Api, key: str, subject: str, role: Role = Role.MARKETER) -> dict[str, Any]:
    """The payload."""
    answer = await api.ask(DELETE, {"id": key}, role=role, subject=subject)
    payload: dict[str, Any] = answer["data"]["savedViewDelete"]
    return payload


async def test_a_view_comes_back_as_it_was_saved_and_is_changed_in_place(api: Api) -> None:
    made = await save(api)
    view = made["savedView"]
    assert made["errors"] == []
    assert view == {**view, "name": "Mine", "list": "customers", "state": STATE, "isShared": False}
    changed = (await save(api, id=view["id"], name="Yours", list="campaigns", isShared=True))["savedView"]
    assert (changed["id"], changed["name"], changed["list"], changed["isShared"]) == (
        *(view["id"], "Yours", "campaigns"),
        True,
    )
    kept = (await save(api, id=view["id"], list="campaigns"))["savedView"]
    assert kept["isShared"] is True


async def test_a_view_is_its_owners_alone_until_it_is_shared(api: Api) -> None:
    view = (await save(api, name="Secret"))["savedView"]
    await save(api, "bob", name="Bob's", isShared=True)
    await save(api, name="Late", list="deliveries")
    assert await seen(api, "ann") == ["Secret", "Late", "Bob's"]
    assert await seen(api, "bob") == ["Bob's"]
    assert await seen(api, "bob", role=Role.ADMIN) == ["Bob's"]
    assert await seen(api, "ann", "deliveries") == ["Late"]
    found = await api.ask(NODE, {"id": view["id"]}, role=Role.ADMIN, subject="bob")
    assert found["data"] == {"node": None}
    await save(api, id=view["id"], name="Open", isShared=True)
    assert await seen(api, "bob", "customers") == ["Bob's", "Open"]
    found = await api.ask(NODE, {"id": view["id"]}, role=Role.VIEWER, subject="bob")
    assert found["data"] == {"node": {"id": view["id"]}}


@pytest.mark.parametrize(
    ("role", "is_shared", "code"),
    [
        (Role.MARKETER, False, "NOT_FOUND"),
        (Role.MARKETER, True, "FORBIDDEN"),
        (Role.ADMIN, False, "NOT_FOUND"),
        (Role.ADMIN, True, None),
    ],
)
async def test_only_the_owner_changes_a_view_and_an_administrator_a_shared_one(
    api: Api, role: Role, is_shared: bool, code: str | None
) -> None:
    view = (await save(api, name="Ann's", isShared=is_shared))["savedView"]
    told = [] if code is None else [{"path": ["id"], "code": code}]
    changed = await save(api, "bob", role, id=view["id"], name="Bob's")
    assert changed["errors"] == told
    assert await seen(api, "ann") == ["Ann's" if code else "Bob's"]
    deleted = await delete(api, view["id"], "bob", role)
    assert deleted == {"deletedId": None if code else view["id"], "errors": told}
    assert await seen(api, "ann") == (["Ann's"] if code else [])


async def test_what_is_wrong_with_a_view_is_told_at_once(api: Api) -> None:
    wrong = await save(api, name=" ", list="orders", state={"text": "x" * STATE_BYTES})
    assert wrong["errors"] == [
        {"path": ["name"], "code": "REQUIRED"},
        {"path": ["list"], "code": "INVALID"},
        {"path": ["state"], "code": "LIMIT_EXCEEDED"},
    ]
    most = {"t": "x" * (STATE_BYTES - len('{"t":""}'))}
    assert (await save(api, state=most))["errors"] == []
    assert (await save(api, state={"t": most["t"] + "x"}))["errors"] == [
        {"path": ["state"], "code": "LIMIT_EXCEEDED"}
    ]
    assert (await delete(api, "nothing", "ann"))["errors"] == [{"path": ["id"], "code": "INVALID"}]
    answer = await api.ask(LIST, {"list": "orders"})
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_nobody_keeps_views_without_end(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "VIEWS_LIMIT", 2)
    for number in range(2):
        assert (await save(api, name=f"View {number}"))["errors"] == []
    assert [error["code"] for error in (await save(api))["errors"]] == ["LIMIT_EXCEEDED"]
    assert (await save(api, "bob"))["errors"] == []


async def test_who_saved_and_deleted_is_in_the_audit(api: Api) -> None:
    view = (await save(api))["savedView"]
    await delete(api, view["id"], "ann")
    entries = AuditEvent.get_pymongo_collection().find().sort("_id")
    assert [(one["action"], one["subject_id"]) async for one in entries] == [
        ("savedViewSave", view["id"]),
        ("savedViewDelete", view["id"]),
    ]


async def test_lists_of_views_are_read_from_their_indexes(api: Api) -> None:
    views = SavedView.get_pymongo_collection()
    for condition in (
        {"owner": "ann", "list_name": "customers"},
        {"is_shared": True, "list_name": "customers"},
    ):
        plan = await views.find(condition).sort([("list_name", 1), ("name", 1), ("_id", 1)]).explain()
        assert "IXSCAN" in str(plan["queryPlanner"]["winningPlan"])
