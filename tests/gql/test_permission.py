"""What the schema says of permissions is what the roles hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_graphql.core import actor
from crm_graphql.core.actor import ROLE_PERMISSIONS, Permission, Role
from crm_graphql.gql.permission import permission_text


def test_the_text_names_the_roles_that_hold_the_permission() -> None:
    assert (
        permission_text(Permission.CAMPAIGNS_WRITE) == "Make, change and launch campaigns. ADMIN, MARKETER."
    )


def test_a_role_that_does_not_reach_every_row_is_named_apart() -> None:
    text = permission_text(Permission.INGESTIONS_READ)
    assert text == "Read ingestions. ADMIN, MARKETER, VIEWER; INGESTOR only its own."


def test_the_text_follows_what_the_roles_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {**ROLE_PERMISSIONS, Role.INGESTOR: frozenset({Permission.AUDIT_READ})}
    monkeypatch.setattr("crm_graphql.gql.permission.ROLE_PERMISSIONS", held)
    assert permission_text(Permission.AUDIT_READ) == "Read and export the audit. ADMIN, INGESTOR."
    assert permission_text(Permission.INGESTIONS_READ) == "Read ingestions. ADMIN, MARKETER, VIEWER."


def test_a_permission_without_a_purpose_fails_at_import() -> None:
    source = Path(actor.__file__).read_text(encoding="utf-8")
    bare = source.replace('("AUDIT_READ", "Read and export the audit.")', '"AUDIT_READ"')
    assert bare != source
    with pytest.raises(TypeError, match="purpose"):
        exec(compile(bare, "actor.py", "exec"), {"__name__": "bare"})  # noqa: S102
