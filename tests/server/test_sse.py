"""GraphQL over server-sent events, distinct connections mode, byte by byte against the running server.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import load_settings
from tests.server.transport_ws import PROGRESS
from tests.servers.deployment import SECRET, Deployment
from tests.servers.sent_campaign import SentCampaign

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("protocols")]

ANSWER_SECONDS = 15.0
EVENT_STREAM = "text/event-stream"
AUDIENCE = """mutation ($name: String!) { audienceCreate(input: {name: $name, rule: {all: [
  {where: {field: "visitCount", operator: GTE, value: 1}}]}}) { audience { name } errors { code } } }"""


class Stream:
    """An answer in events, as the specification of server-sent events has a browser read it."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def event(self) -> tuple[str, Any]:
        """The next event's name and data (None where it is empty). Raises StopAsyncIteration at the end."""
        name = "message"
        data: list[str] = []
        async with asyncio.timeout(ANSWER_SECONDS):
            async for line in self._lines:
                if not line:
                    # An event without a data line is none: browsers throw it away.
                    if data:
                        text = "\n".join(data)
                        return name, json.loads(text) if text else None
                    name = "message"
                elif line.startswith("event:"):
                    name = line[6:].removeprefix(" ")
                elif line.startswith("data:"):
                    data.append(line[5:].removeprefix(" "))
                else:
                    assert line.startswith(":"), f"neither an event nor a comment: {line!r}"
        raise StopAsyncIteration

    async def result(self) -> Any:
        """The payload of the next event, which must be `next`."""
        name, data = await self.event()
        assert name == "next", (name, data)
        return data

    async def completed(self) -> None:
        """The next event is `complete`, and the answer ends with it."""
        name, data = await self.event()
        assert name == "complete", (name, data)
        assert not data
        with pytest.raises(StopAsyncIteration):
            await self.event()


@asynccontextmanager
async def asked(
    served: Deployment, query: str, *, method: str = "POST", token: str | None = None, **rest: Any
) -> AsyncIterator[Stream]:
    """The answer to an operation, as events; `rest` is further parameters of the request."""
    parameters = {"query": query, **rest}
    headers = {"accept": EVENT_STREAM, "authorization": f"Bearer {token or served.token}"}
    if token == "":
        del headers["authorization"]
    if method == "GET":
        texts = {name: value if isinstance(value, str) else json.dumps(value)
                 for name, value in parameters.items()}  # fmt: skip
        request = served.http.build_request("GET", "/graphql", params=texts, headers=headers)
    else:
        request = served.http.build_request("POST", "/graphql", json=parameters, headers=headers)
    answer = await served.http.send(request, stream=True)
    try:
        yield Stream(answer)
    finally:
        await answer.aclose()


def is_stream(answer: httpx.Response) -> bool:
    """Whether the answer is events."""
    return answer.status_code == 200 and answer.headers["content-type"].split(";")[0] == EVENT_STREAM


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_subscription_sends_the_state_and_each_change(
    served: Deployment, campaign: SentCampaign, method: str
) -> None:
    async with asked(served, PROGRESS, method=method, variables={"id": campaign.id}) as stream:
        assert is_stream(stream.answer), stream.answer
        first = (await stream.result())["data"]["campaignProgress"]
        assert first["stats"]["delivered"] == 0
        await campaign.record(2)
        second = (await stream.result())["data"]["campaignProgress"]
        assert second["stats"]["delivered"] == 2
        assert second["revision"] > first["revision"]


async def test_nothing_between_here_and_the_browser_may_hold_events_back(
    served: Deployment, campaign: SentCampaign
) -> None:
    async with asked(served, PROGRESS, variables={"id": campaign.id}) as stream:
        assert stream.answer.headers["cache-control"].startswith(("no-cache", "no-store"))
        assert stream.answer.headers.get("x-accel-buffering") == "no"
        assert "content-length" not in stream.answer.headers
        assert "content-encoding" not in stream.answer.headers


async def test_a_subscription_that_ends_completes(served: Deployment) -> None:
    document = (
        """mutation { customersIngest(input: {records: []}) { ingestion { id } errors { message } } }"""
    )
    ingestion = (await served.mutate(document, {}))["ingestion"]["id"]
    progress = "subscription ($id: ID!) { ingestionProgress(ingestionId: $id) { status } }"
    async with asked(served, progress, variables={"id": ingestion}) as stream:
        status = ""
        while status != "COMPLETED":
            status = (await stream.result())["data"]["ingestionProgress"]["status"]
        await stream.completed()


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_query_is_one_event_and_the_end(served: Deployment, method: str) -> None:
    async with asked(served, "{ __typename }", method=method) as stream:
        assert is_stream(stream.answer), stream.answer
        assert (await stream.result())["data"] == {"__typename": "Query"}
        await stream.completed()


async def test_a_mutation_goes_by_post_alone(served: Deployment) -> None:
    async with asked(served, AUDIENCE, variables={"name": "By events"}) as stream:
        assert (await stream.result())["data"]["audienceCreate"]["audience"] == {"name": "By events"}
        await stream.completed()
    async with asked(served, AUDIENCE, method="GET", variables={"name": "x"}) as stream:
        assert stream.answer.status_code == 405
        assert stream.answer.headers["allow"] == "POST"


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize(
    "request_",
    [
        {"query": "{"},
        {"query": "{ nope }"},
        {"query": "subscription { nope }"},
        {"query": "query A { __typename }", "operationName": "B"},
        {"query": PROGRESS, "variables": {}},
    ],
    ids=json.dumps,
)
async def test_a_document_that_is_wrong_is_an_event_for_a_400_would_hide_why(
    served: Deployment, request_: dict[str, Any], method: str
) -> None:
    async with asked(served, method=method, **request_) as stream:
        assert is_stream(stream.answer), stream.answer
        answer = await stream.result()
        assert answer.get("data") is None
        assert answer["errors"][0]["message"]
        await stream.completed()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff", b"{}", b'{"query": 7}',
                                  b'{"query": "{ __typename }", "variables": 7}'])  # fmt: skip
async def test_what_is_no_graphql_request_is_a_400(served: Deployment, body: bytes) -> None:
    headers = {"accept": EVENT_STREAM, "content-type": "application/json"}
    answer = await served.http.post("/graphql", content=body, headers=headers)
    assert answer.status_code == 400


async def test_a_post_that_is_not_json_is_refused(served: Deployment) -> None:
    headers = {"accept": EVENT_STREAM, "content-type": "text/plain"}
    answer = await served.http.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("token", ["", "nonsense"])
async def test_who_has_no_good_token_is_told_so_by_an_event(
    served: Deployment, campaign: SentCampaign, token: str
) -> None:
    async with asked(served, PROGRESS, token=token, variables={"id": campaign.id}) as stream:
        assert is_stream(stream.answer), stream.answer
        answer = await stream.result()
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        await stream.completed()


async def test_a_token_that_expires_ends_the_stream_and_says_why(
    served: Deployment, campaign: SentCampaign
) -> None:
    settings = load_settings(_env_file=None, secret_key=SECRET)
    token = mint_token(settings, Role.ADMIN, timedelta(seconds=10))
    async with asked(served, PROGRESS, token=token, variables={"id": campaign.id}) as stream:
        assert "errors" not in await stream.result()
        last = await stream.result()
        assert last["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert "expired" in last["errors"][0]["message"]
        await stream.completed()


async def test_a_token_that_has_expired_opens_no_stream_even_within_the_leeway_of_clocks(
    served: Deployment, campaign: SentCampaign
) -> None:
    settings = load_settings(_env_file=None, secret_key=SECRET)
    token = mint_token(settings, Role.ADMIN, timedelta(seconds=-2))
    async with asked(served, PROGRESS, token=token, variables={"id": campaign.id}) as stream:
        answer = await stream.result()
        assert answer.get("data") is None
        assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert "expired" in answer["errors"][0]["message"]
        await stream.completed()


async def test_a_cookie_alone_opens_no_stream(served: Deployment, campaign: SentCampaign) -> None:
    """All that a browser's EventSource can send."""
    parameters = {"query": PROGRESS, "variables": json.dumps({"id": campaign.id})}
    headers = {"accept": EVENT_STREAM, "cookie": "crm_refresh=anything", "sec-fetch-site": "same-origin"}
    answer = await served.http.get("/graphql", params=parameters, headers=headers)
    assert '"code":"UNAUTHENTICATED"' in answer.text
    assert answer.text.rstrip().endswith("event: complete\ndata:")


async def test_events_are_chosen_by_accept_alone(served: Deployment, campaign: SentCampaign) -> None:
    request = {"query": PROGRESS, "variables": {"id": campaign.id}}
    headers = {"authorization": f"Bearer {served.token}"}
    preferred = {**headers, "accept": "application/json;q=0.5, text/event-stream"}
    async with served.http.stream("POST", "/graphql", json=request, headers=preferred) as answer:
        assert is_stream(answer)
    refused = {**headers, "accept": "application/json, text/event-stream;q=0"}
    answer = await served.http.post("/graphql", json=request, headers=refused)
    assert 400 <= answer.status_code < 500
    assert "text/event-stream" in answer.text


async def test_two_hundred_streams_that_are_left_leave_no_trace_in_the_log(
    served: Deployment, campaign: SentCampaign
) -> None:
    log = served.apis[0]
    before = len(log.log())

    async def look() -> None:
        async with asked(served, PROGRESS, variables={"id": campaign.id}) as stream:
            await stream.result()

    for _ in range(10):
        await asyncio.gather(*[look() for _ in range(20)])
    await campaign.finish()
    assert "Traceback" not in log.log()[before:]
