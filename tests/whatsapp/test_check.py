"""The check of the account: it says what to mend, and sends nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from crm_graphql.core.actor import Role
from crm_graphql.core.settings import SettingsError, load_settings
from crm_graphql.delivery.vendors.whatsapp.checking import problem_of
from crm_graphql.whatsapp.graph import GraphApi
from crm_graphql.whatsapp.schema import queries
from tests.cli.running import crm
from tests.gql.conftest import Api
from tests.gql.conftest import api as client
from tests.servers.graph import ACCOUNT_ID, NUMBER_ID, TOKEN, Graph
from tests.whatsapp.calls import APP_SECRET, GREETING, NUMBERED, VERIFY_TOKEN

__all__ = ["client"]

READ = "{ whatsappTemplates { id name language status body parameterNames } }"


def environment(graph: Graph, **changes: str) -> dict[str, str]:
    return {
        "CRM_WHATSAPP_VENDOR": "whatsapp-cloud",
        "CRM_WHATSAPP_GRAPH_URL": graph.url,
        "CRM_WHATSAPP_PHONE_NUMBER_ID": NUMBER_ID,
        "CRM_WHATSAPP_ACCOUNT_ID": ACCOUNT_ID,
        "CRM_WHATSAPP_ACCESS_TOKEN": TOKEN,
        "CRM_WHATSAPP_APP_SECRET": APP_SECRET,
        "CRM_WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
        **changes,
    }


async def test_all_is_well_where_number_and_account_can_be_read(graph: Graph, api: GraphApi) -> None:
    assert await problem_of(api) is None
    assert (graph.calls, graph.sent) == (0, [])


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"token": "another"}, "CRM_WHATSAPP_ACCESS_TOKEN is not good"),
        ({"phone_number_id": "1"}, "CRM_WHATSAPP_PHONE_NUMBER_ID is no number"),
        ({"account_id": "1"}, "CRM_WHATSAPP_ACCOUNT_ID is no WhatsApp Business Account"),
        ({"url": "http://127.0.0.1:9/v23.0"}, "cannot be reached"),
    ],
)
async def test_what_is_wrong_is_named_by_its_setting(
    api: GraphApi, wrong: dict[str, str], words: str
) -> None:
    problem = await problem_of(replace(api, **wrong))  # type: ignore[arg-type]
    assert words in (problem or "")
    assert TOKEN not in (problem or "")


async def test_a_server_that_is_no_graph_api_is_told(graph: Graph, api: GraphApi) -> None:
    graph.http_status = 200
    assert "CRM_WHATSAPP_GRAPH_URL" in (await problem_of(api) or "")
    graph.http_status = 502
    assert "502" in (await problem_of(api) or "")


def test_the_command_tells_the_channel_and_what_is_wrong(graph: Graph, tmp_path: Path) -> None:
    simulator = {"CRM_VENDOR_URL": "http://127.0.0.1:9"}
    done = crm("vendors", "check", cwd=tmp_path, **environment(graph), **simulator)
    assert done.out.splitlines()[-1].split() == ["whatsapp", "whatsapp-cloud", "as", NUMBER_ID, "ok"]
    wrong = environment(graph, CRM_WHATSAPP_ACCESS_TOKEN="EAA-gone")
    done = crm("vendors", "check", cwd=tmp_path, **wrong, **simulator)
    assert done.code == 1
    assert "CRM_WHATSAPP_ACCESS_TOKEN" in done.out
    assert "EAA-gone" not in done.out + done.err
    assert graph.calls == 0


def test_what_is_missing_is_named_when_the_settings_are_read() -> None:
    with pytest.raises(SettingsError, match="CRM_WHATSAPP_APP_SECRET"):
        load_settings(_env_file=None, whatsapp_vendor="whatsapp-cloud", whatsapp_phone_number_id="1")
    for wrong in ("ftp://a.example", "https://token@graph.example/v23.0", "https://graph.example/v23.0?a=b"):
        with pytest.raises(SettingsError, match="CRM_WHATSAPP_GRAPH_URL"):
            load_settings(_env_file=None, whatsapp_graph_url=wrong)


@pytest.mark.parametrize("sign", ["\u200b", "\u00e9", " ", "\n", "\u2026"])
def test_a_token_that_no_header_can_carry_is_named_and_not_told(sign: str) -> None:
    with pytest.raises(SettingsError, match="CRM_WHATSAPP_ACCESS_TOKEN") as raised:
        load_settings(_env_file=None, whatsapp_access_token=f"EAA-one{sign}EAA-two")
    assert "EAA-one" not in str(raised.value)
    read = load_settings(_env_file=None, whatsapp_access_token=" EAA-one\n")
    assert read.whatsapp_access_token.get_secret_value() == "EAA-one"


def test_a_number_in_place_of_its_id_is_told_in_words() -> None:
    with pytest.raises(SettingsError, match=r"CRM_WHATSAPP_PHONE_NUMBER_ID: .*The id \(not the number\)"):
        load_settings(_env_file=None, whatsapp_phone_number_id="+4915112345678")


async def test_clients_see_the_templates_where_whatsapp_goes_by_the_cloud_api(
    graph: Graph, api: GraphApi, client: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph.templates = [NUMBERED, GREETING]
    # The test's own deployment is one for development, which asks nobody.
    assert await client.data(READ) == {"whatsappTemplates": []}
    assert graph.pages == 0
    monkeypatch.setattr(queries, "graph_api", lambda *_: api)
    greeting, numbered = (await client.data(READ))["whatsappTemplates"]
    assert greeting == {
        "id": GREETING["id"],
        "name": "greeting",
        "language": "en",
        "status": "APPROVED",
        "body": "Hi {{name}}, come by until {{day}}, please.",
        "parameterNames": ["name", "day"],
    }
    assert numbered["parameterNames"] == ["header.1", "1", "2", "button.0"]
    refused = await client.ask(READ, role=Role.INGESTOR)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
