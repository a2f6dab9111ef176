"""urql and Apollo Client on a deployment that runs a list: they send ids, and sign in by them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from crm_graphql.resources import Resources
from tests.accounts.doors import PASSWORD, open_doors
from tests.clients.scripts import running
from tests.server.live_server import serving

pytestmark = pytest.mark.timeout(120)

TEXTS = {
    "Login": "mutation Login($input: LoginInput!) { login(input: $input) { errors { code } user { id } } }",
    "Viewer": "query Viewer { viewer { role } }",
}


def sha1(text: str) -> str:
    """As older graphql-codegen names documents."""
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def sha256(text: str) -> str:
    """As newer graphql-codegen names them, and Apollo's tool without the prefix."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


@pytest.mark.parametrize("client", ["urql", "apollo"])
@pytest.mark.parametrize("named", [sha1, sha256])
async def test_a_client_sends_the_ids_of_its_build_and_no_text(
    resources: Resources, tmp_path: Path, client: str, named: Any
) -> None:
    ids = {name: named(text) for name, text in TEXTS.items()}
    file = tmp_path / "persisted-documents.json"
    file.write_text(json.dumps({ids[name]: text for name, text in TEXTS.items()}))
    async with open_doors(resources) as doors:
        await doors.user("u@example.com")
    async with serving(resources, trusted_documents=str(file), development=False) as server:
        told = {
            "client": client,
            "url": f"{server.url}/graphql",
            "token": server.token,
            "ids": ids,
            "texts": TEXTS,
            "login": {"email": "u@example.com", "password": PASSWORD},
        }
        async with running("listed.mjs", told) as script:
            found = await script.result()
    assert found["login"]["login"]["errors"] == []
    assert found["viewer"]["viewer"]["role"] == "ADMIN"
    assert found["requests"] == [{"hasDocument": False, "id": ids[name]} for name in ("Login", "Viewer")]
