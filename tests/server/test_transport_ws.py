"""Each rule of the graphql-transport-ws protocol, frame by frame, against the running server.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from websockets.exceptions import InvalidStatus

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import load_settings
from tests.server.transport_ws import PROGRESS, TRANSPORT_WS, TYPENAME, acknowledged, opened
from tests.servers.deployment import SECRET, Deployment
from tests.servers.sent_campaign import SentCampaign
from tests.servers.shared import CONNECTION_INIT_TIMEOUT_SECONDS

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("protocols")]

DEEP = "[" * 100_000 + "]" * 100_000
AUDIENCE = """mutation ($name: String!) { audienceCreate(input: {name: $name, rule: {all: [
  {where: {field: "visitCount", operator: GTE, value: 1}}]}}) { audience { name } errors { code } } }"""


@pytest.fixture(autouse=True)
def _quiet_log(served: Deployment) -> Iterator[None]:
    """Whatever a client sends, the server takes it as the client's mistake: no trace, no error in its log."""
    before = len(served.apis[0].log())
    yield
    written = served.apis[0].log()[before:]
    assert "Traceback" not in written, written
    assert '"level": "error"' not in written, written


def token_for(seconds: float) -> str:
    """A token of the operator that ends so long from now."""
    settings = load_settings(_env_file=None, secret_key=SECRET)
    return mint_token(settings, Role.ADMIN, timedelta(seconds=seconds))


@pytest.mark.parametrize("protocols", [(), ("graphql-ws",), ("soap",)], ids=["none", "legacy", "unknown"])
async def test_another_subprotocol_is_refused(served: Deployment, protocols: tuple[str, ...]) -> None:
    closed = status = None
    try:
        async with opened(served, *protocols) as peer:
            assert peer.socket.subprotocol is None
            closed = await peer.closed()
    except InvalidStatus as refusal:
        status = refusal.response.status_code
    # Before the handshake, or in the way that the protocol's own server does it.
    assert (closed, status) == ((4406, "Subprotocol not acceptable"), None) or status in (400, 403, 406)


async def test_the_subprotocol_is_chosen_among_several(served: Deployment) -> None:
    async with opened(served, "graphql-ws", TRANSPORT_WS) as peer:
        assert peer.socket.subprotocol == TRANSPORT_WS
        await peer.init({"Authorization": f"Bearer {served.token}"})
        await peer.is_well()


async def test_silence_before_connection_init_is_ended(served: Deployment) -> None:
    async with opened(served, TRANSPORT_WS) as peer:
        code = await peer.closed(within_seconds=CONNECTION_INIT_TIMEOUT_SECONDS + 10)
        assert code == (4408, "Connection initialisation timeout")


async def test_silence_after_connection_init_is_allowed(served: Deployment) -> None:
    async with acknowledged(served) as peer:
        await peer.silence(CONNECTION_INIT_TIMEOUT_SECONDS + 1)
        await peer.is_well()


async def test_a_second_connection_init_closes_the_socket(served: Deployment) -> None:
    async with acknowledged(served) as peer:
        await peer.send({"type": "connection_init"})
        assert await peer.closed() == (4429, "Too many initialisation requests")


async def test_two_connection_inits_at_once_are_acknowledged_once_at_most(served: Deployment) -> None:
    async with opened(served, TRANSPORT_WS) as peer:
        for _ in range(2):
            await peer.send(
                {"type": "connection_init", "payload": {"Authorization": f"Bearer {served.token}"}}
            )
        assert await peer.closed() == (4429, "Too many initialisation requests")


async def test_the_acknowledgement_comes_once_and_nothing_after_it(served: Deployment) -> None:
    async with acknowledged(served) as peer:
        await peer.silence()


async def test_an_operation_before_the_acknowledgement_closes_the_socket(served: Deployment) -> None:
    async with opened(served, TRANSPORT_WS) as peer:
        await peer.subscribe("1", TYPENAME)
        assert await peer.closed() == (4401, "Unauthorized")


WRONG_FRAMES = {
    "not JSON": "{",
    "empty": "",
    "no object but an array": "[]",
    "no object but a text": '"ping"',
    "no object but a number": "7",
    "no object but null": "null",
    "no type": "{}",
    "type null": '{"type": null}',
    "type is no text": '{"type": 7}',
    "type is a list": '{"type": ["ping"]}',
    "type unknown": '{"type": "hello"}',
    "type of the legacy protocol": '{"type": "start", "id": "1", "payload": {"query": "{ __typename }"}}',
    "a message of the server: connection_ack": '{"type": "connection_ack"}',
    "a message of the server: next": '{"type": "next", "id": "1", "payload": {"data": null}}',
    "not a number": '{"type": "ping", "payload": {"x": NaN}}',
    "deep nesting": DEEP,
    "deep nesting in a payload": f'{{"type": "ping", "payload": {{"x": {DEEP}}}}}',
    "a number of 5,000 digits": f'{{"type": {"9" * 5_000}}}',
    "binary": b'{"type": "ping"}',
    "binary that is no text": b"\xff\xfe\x00",
    "ping with a payload that is no object": '{"type": "ping", "payload": 7}',
    "pong with a payload that is no object": '{"type": "pong", "payload": "x"}',
    "subscribe without an id": '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
    "subscribe with an empty id": '{"id": "", "type": "subscribe", "payload": {"query": "{ __typename }"}}',
    "subscribe with a number as id": '{"id": 1, "type": "subscribe", "payload": {"query": "{ __typename }"}}',
    "subscribe with null as id": '{"id": null, "type": "subscribe", "payload": {"query": "{ __typename }"}}',
    "subscribe with an object as id": '{"id": {}, "type": "subscribe", "payload": {"query": "{ a }"}}',
    "subscribe without a payload": '{"id": "1", "type": "subscribe"}',
    "subscribe with null as payload": '{"id": "1", "type": "subscribe", "payload": null}',
    "subscribe with a text as payload": '{"id": "1", "type": "subscribe", "payload": "{ __typename }"}',
    "subscribe with a list as payload": '{"id": "1", "type": "subscribe", "payload": []}',
    "subscribe without a query": '{"id": "1", "type": "subscribe", "payload": {}}',
    "subscribe with null as query": '{"id": "1", "type": "subscribe", "payload": {"query": null}}',
    "subscribe with a number as query": '{"id": "1", "type": "subscribe", "payload": {"query": 7}}',
    "subscribe with a list as variables": (
        '{"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }", "variables": []}}'
    ),
    "subscribe with a text as variables": (
        '{"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }", "variables": "{}"}}'
    ),
    "subscribe with a number as operationName": (
        '{"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }", "operationName": 7}}'
    ),
    "subscribe with a text as extensions": (
        '{"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }", "extensions": "x"}}'
    ),
    "complete without an id": '{"type": "complete"}',
    "complete with a number as id": '{"id": 1, "type": "complete"}',
}


@pytest.mark.parametrize("frame", WRONG_FRAMES.values(), ids=WRONG_FRAMES.keys())
async def test_what_is_no_message_of_the_protocol_closes_the_socket(
    served: Deployment, frame: str | bytes
) -> None:
    async with acknowledged(served) as peer:
        await peer.send_raw(frame)
        code, reason = await peer.closed()
        assert code == 4400
        assert reason


@pytest.mark.parametrize("frame", ["{", "[]", '{"type": 7}', DEEP, b"\x00"])
async def test_nor_is_it_taken_before_connection_init(served: Deployment, frame: str | bytes) -> None:
    async with opened(served, TRANSPORT_WS) as peer:
        await peer.send_raw(frame)
        assert (await peer.closed())[0] == 4400


@pytest.mark.parametrize("payload", ["x", 7, [], True])
async def test_a_connection_init_whose_payload_is_no_object_closes_the_socket(
    served: Deployment, payload: object
) -> None:
    async with opened(served, TRANSPORT_WS) as peer:
        await peer.send({"type": "connection_init", "payload": payload})
        assert (await peer.closed())[0] == 4400


async def test_a_reason_fits_into_a_close_frame_whatever_was_sent(served: Deployment) -> None:
    async with acknowledged(served) as peer:
        await peer.send({"type": "ü" * 1_000})
        code, reason = await peer.closed()
        assert code == 4400
        assert len(reason.encode()) <= 123


async def test_the_id_of_a_running_operation_cannot_be_taken_again(
    served: Deployment, campaign: SentCampaign
) -> None:
    async with acknowledged(served) as peer:
        for _ in range(2):
            await peer.subscribe("twice", PROGRESS, variables={"id": campaign.id})
        assert await peer.closed() == (4409, "Subscriber for twice already exists")


async def test_an_id_is_free_again_once_its_operation_is_complete(
    served: Deployment, campaign: SentCampaign
) -> None:
    async with acknowledged(served) as peer:
        for _ in range(3):
            assert (await peer.result("1"))["data"] == {"__typename": "Query"}
        for _ in range(3):
            await peer.subscribe("1", PROGRESS, variables={"id": campaign.id})
            assert (await peer.receive())["type"] == "next"
            await peer.send({"id": "1", "type": "complete"})
        await peer.subscribe("1", "{ nope }")
        assert (await peer.receive())["type"] == "error"
        assert (await peer.result("1"))["data"] == {"__typename": "Query"}


async def test_an_operation_that_the_client_completes_sends_nothing_more(
    served: Deployment, campaign: SentCampaign
) -> None:
    async with acknowledged(served) as peer:
        await peer.subscribe("1", PROGRESS, variables={"id": campaign.id})
        assert (await peer.receive())["type"] == "next"
        await peer.send({"id": "1", "type": "complete"})
        await peer.is_well()
        await campaign.record(1)
        await peer.silence(1.0)


async def test_completing_what_does_not_run_is_ignored(served: Deployment) -> None:
    async with acknowledged(served) as peer:
        await peer.send({"id": "unknown", "type": "complete"})
        await peer.result("1")
        await peer.send({"id": "1", "type": "complete"})
        await peer.is_well()


async def test_a_ping_is_answered_at_once_with_its_payload(served: Deployment) -> None:
    async with opened(served, TRANSPORT_WS) as peer:
        await peer.send({"type": "ping"})
        assert await peer.receive() == {"type": "pong"}
        await peer.init({"Authorization": f"Bearer {served.token}"})
        payload = {"at": 1, "nested": {"list": [1, "two", None]}}
        await peer.send({"type": "ping", "payload": payload})
        assert await peer.receive() == {"type": "pong", "payload": payload}
        await peer.send({"type": "ping", "payload": None})
        assert (await peer.receive())["type"] == "pong"


async def test_a_pong_that_nobody_asked_for_is_ignored(served: Deployment) -> None:
    async with acknowledged(served) as peer:
        await peer.send({"type": "pong"})
        await peer.send({"type": "pong", "payload": {"x": 1}})
        await peer.is_well()


@pytest.mark.parametrize(
    "payload",
    [
        {"query": "{ nope }"},
        {"query": "{"},
        {"query": ""},
        {"query": "query A { __typename } query B { __typename }"},
        {"query": "query A { __typename }", "operationName": "B"},
        {"query": "subscription { nope }"},
    ],
    ids=json.dumps,
)
async def test_a_mistake_in_one_operation_is_its_own_error_and_the_others_go_on(
    served: Deployment, campaign: SentCampaign, payload: dict[str, object]
) -> None:
    async with acknowledged(served) as peer:
        await peer.subscribe("good", PROGRESS, variables={"id": campaign.id})
        assert (await peer.receive())["id"] == "good"
        await peer.send({"id": "bad", "type": "subscribe", "payload": payload})
        await peer.refusal("bad")
        await campaign.record(1)
        event = await peer.receive()
        assert (event["id"], event["type"]) == ("good", "next"), event
        assert event["payload"]["data"]["campaignProgress"]["stats"]["delivered"] == 1
        await peer.is_well()


@pytest.mark.parametrize("query", ["query ($id: ID!) { campaign(id: $id) { name } }", PROGRESS])
@pytest.mark.parametrize("variables", [{}, {"id": None}, {"id": {"a": 1}}], ids=json.dumps)
async def test_variables_that_do_not_fit_are_the_operations_own_error(
    served: Deployment, query: str, variables: dict[str, object]
) -> None:
    async with acknowledged(served) as peer:
        await peer.subscribe("1", query, variables=variables)
        (error,) = await peer.failure("1")
        assert "$id" in error["message"]
        await peer.is_well()


async def test_the_operation_is_chosen_by_its_name(served: Deployment) -> None:
    async with acknowledged(served) as peer:
        document = "query A { a: __typename } query B { b: __typename }"
        assert (await peer.result("1", document, operationName="B"))["data"] == {"b": "Query"}
        nothing = dict.fromkeys(("operationName", "variables", "extensions"))
        assert (await peer.result("2", TYPENAME, **nothing))["data"] == {"__typename": "Query"}


async def test_queries_and_mutations_go_over_the_socket_too(served: Deployment) -> None:
    async with acknowledged(served) as peer:
        answer = await peer.result("1", "query ($n: Int) { customers(first: $n) { nodes { externalId } } }",
                                   variables={"n": 1})  # fmt: skip
        assert len(answer["data"]["customers"]["nodes"]) == 1
        made = await peer.result("2", AUDIENCE, variables={"name": "Over the socket"})
        assert made["data"]["audienceCreate"] == {"audience": {"name": "Over the socket"}, "errors": []}


async def test_operations_of_one_socket_run_side_by_side(served: Deployment, campaign: SentCampaign) -> None:
    async with acknowledged(served) as peer:
        for number in range(5):
            await peer.subscribe(f"s{number}", PROGRESS, variables={"id": campaign.id})
        assert {(await peer.receive())["id"] for _ in range(5)} == {f"s{number}" for number in range(5)}
        await campaign.finish()
        final: dict[str, str] = {}
        while len(final) < 5:
            message = await peer.receive()
            if message["payload"]["data"]["campaignProgress"]["status"] == "COMPLETED":
                final[message["id"]] = "COMPLETED"


async def test_an_unknown_campaign_is_the_operations_own_error(served: Deployment) -> None:
    async with acknowledged(served) as peer:
        await peer.subscribe("1", PROGRESS, variables={"id": "nonsense"})
        assert [error["extensions"]["code"] for error in await peer.refusal("1")] == ["BAD_USER_INPUT"]
        await peer.is_well()


@pytest.mark.parametrize("header", ["Bearer nonsense", "Basic YTpi", 7, {"a": 1}])
async def test_a_bad_token_closes_the_socket(served: Deployment, header: object) -> None:
    async with opened(served, TRANSPORT_WS) as peer:
        await peer.send({"type": "connection_init", "payload": {"Authorization": header}})
        code, reason = await peer.closed()
        assert code == 4403
        assert reason.startswith("Forbidden: ")


async def test_the_token_may_come_with_the_handshake(served: Deployment, campaign: SentCampaign) -> None:
    header = {"Authorization": f"Bearer {served.token}"}
    async with opened(served, TRANSPORT_WS, headers=header) as peer:
        await peer.init()
        await peer.subscribe("1", PROGRESS, variables={"id": campaign.id})
        assert (await peer.receive())["type"] == "next"


async def test_a_token_that_expires_ends_its_socket_with_a_code_of_its_own(
    served: Deployment, campaign: SentCampaign
) -> None:
    async with acknowledged(served, token_for(10)) as peer:
        await peer.subscribe("1", PROGRESS, variables={"id": campaign.id})
        assert (await peer.receive())["type"] == "next"
        assert await peer.closed(within_seconds=30) == (4440, "Token expired")
