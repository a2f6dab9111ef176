"""Documents by their ids over each transport, on a deployment that runs a list and nothing else."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from crm_graphql.resources import Resources
from tests.accounts.doors import PASSWORD, Client, open_doors
from tests.server.live_server import Server, serving

DOCUMENTS = {
    "login": "mutation ($input: LoginInput!) { login(input: $input) { tokens { refreshToken } } }",
    "refresh": "mutation ($input: RefreshInput) { refresh(input: $input) { tokens { accessToken } } }",
    "viewer": "query Viewer { viewer { role } }",
    "progress": 'subscription { campaignProgress(campaignId: "nonsense") { status } }',
}


@pytest.fixture
def listed(tmp_path: Path) -> dict[str, Any]:
    """The settings of such a deployment."""
    file = tmp_path / "persisted-documents.json"
    file.write_text(json.dumps(DOCUMENTS))
    return {"trusted_documents": str(file), "development": False}


@pytest.fixture
async def server(resources: Resources, listed: dict[str, Any]) -> AsyncIterator[Server]:
    async with serving(resources, **listed) as started:
        yield started


async def by_id(client: Client, name: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
    """The answer to a document by its id alone."""
    given = {"authorization": f"Bearer {client.token}"} if client.token else {}
    body = {"documentId": name, "variables": variables or {}}
    answer: dict[str, Any] = (await client.http.post("/graphql", json=body, headers=given)).json()
    return answer


async def known_user(resources: Resources) -> None:
    """Somebody with a password, made where any document runs."""
    async with open_doors(resources) as doors:
        await doors.user("u@example.com")


async def test_a_page_signs_in_and_refreshes_by_ids_before_it_has_a_token(
    resources: Resources, listed: dict[str, Any]
) -> None:
    await known_user(resources)
    async with open_doors(resources, **listed) as doors:
        client = doors.client()
        login = {"input": {"email": "u@example.com", "password": PASSWORD}}
        tokens = (await by_id(client, "login", login))["data"]["login"]["tokens"]
        refresh = {"input": {"refreshToken": tokens["refreshToken"]}}
        tokens = (await by_id(client, "refresh", refresh))["data"]["refresh"]["tokens"]
        client.token = tokens["accessToken"]
        assert (await by_id(client, "viewer"))["data"] == {"viewer": {"role": "VIEWER"}}


async def test_development_runs_the_list_and_other_documents(
    resources: Resources, listed: dict[str, Any]
) -> None:
    async with open_doors(resources, **{**listed, "development": True}) as doors:
        client: Client = doors.operator()
        assert (await by_id(client, "viewer"))["data"] == {"viewer": {"role": "ADMIN"}}
        assert await client.data("{ serverInfo { currency } }") == {"currency": "USD"}
    async with open_doors(resources, **listed) as strict:
        body = await strict.operator().ask("{ serverInfo { currency } }")
    assert body["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


async def test_an_id_comes_in_the_address_too_but_no_mutation(server: Server) -> None:
    headers = {"authorization": f"Bearer {server.token}", "accept": "application/graphql-response+json"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False) as http:
        found = await http.get("/graphql", params={"documentId": "viewer"})
        unknown = await http.get("/graphql", params={"documentId": "unknown"})
        changing = await http.get("/graphql", params={"documentId": "refresh"})
        browser = await http.get("/graphql?documentId=viewer", headers={"accept": "text/html,*/*"})
    assert found.json()["data"] == {"viewer": {"role": "ADMIN"}}
    assert (unknown.status_code, len(unknown.json()["errors"])) == (400, 1)
    assert changing.status_code == 405
    # With something to run it is no visit to the explorer.
    assert browser.json()["data"] == {"viewer": {"role": "ADMIN"}}


async def test_an_id_comes_over_a_socket_and_in_an_event_stream(server: Server) -> None:
    async with server.socket() as socket:
        for name in ("viewer", "progress", "unknown"):
            payload = {"documentId": name}
            await socket.send(json.dumps({"id": name, "type": "subscribe", "payload": payload}))
        told = [json.loads(await socket.recv()) for _ in range(4)]
    answers = {(message["id"], message["type"]): message.get("payload") for message in told}
    assert answers["viewer", "next"]["data"] == {"viewer": {"role": "ADMIN"}}
    assert answers["progress", "error"][0]["extensions"]["code"] != "DOCUMENT_NOT_TRUSTED"
    assert answers["unknown", "error"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    headers = {"authorization": f"Bearer {server.token}", "accept": "text/event-stream"}
    async with httpx.AsyncClient(base_url=server.url, headers=headers, trust_env=False) as http:
        stream = await http.post("/graphql", json={"documentId": "viewer"})
    assert '"role":"ADMIN"' in stream.text


@pytest.mark.parametrize("document_id", [7, [], {"$ne": None}, True])
async def test_an_id_that_is_no_text_is_bad_input(server: Server, document_id: object) -> None:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        answer = await http.post("/graphql", json={"documentId": document_id})
    assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (400, "BAD_USER_INPUT")
