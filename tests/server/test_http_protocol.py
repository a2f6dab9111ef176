"""GraphQL over HTTP as the specification says, with its statuses and media types, and no way around CORS.

https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.server.transport_ws import PROGRESS, TYPENAME
from tests.servers.deployment import Deployment

pytestmark = [pytest.mark.timeout(120), pytest.mark.xdist_group("protocols")]

JSON = "application/json"
RESPONSE = "application/graphql-response+json"
ANSWER = {"__typename": "Query"}
LAUNCH = 'mutation { campaignLaunch(input: {id: "x"}) { errors { code } } }'


async def post(
    served: Deployment, request: object, *, accept: str | None = JSON, **headers: str
) -> httpx.Response:
    """A request of the operator; bytes go as they are, anything else as JSON."""
    body = request if isinstance(request, bytes) else json.dumps(request).encode()
    sent = {"content-type": JSON, "authorization": f"Bearer {served.token}", **headers}
    if accept is not None:
        sent["accept"] = accept
    built = served.http.build_request("POST", "/graphql", content=body, headers=sent)
    if accept is None:
        del built.headers["accept"]
    return await served.http.send(built)


async def get(served: Deployment, accept: str = JSON, **parameters: str) -> httpx.Response:
    """A request of the operator by GET."""
    headers = {"accept": accept, "authorization": f"Bearer {served.token}"}
    return await served.http.get("/graphql", params=parameters, headers=headers)


def media_type(answer: httpx.Response) -> str:
    """Without its parameters."""
    return str(answer.headers["content-type"].partition(";")[0].strip())


async def test_a_query_goes_by_get_with_everything_that_a_post_has(served: Deployment) -> None:
    answer = await get(
        served,
        query="query A { __typename } query B($n: Int) { customers(first: $n) { nodes { id } } }",
        operationName="B",
        variables='{"n": 1}',
        extensions="{}",
    )
    assert answer.status_code == 200
    assert len(answer.json()["data"]["customers"]["nodes"]) == 1


@pytest.mark.parametrize("accept", [JSON, RESPONSE, "*/*"])
@pytest.mark.parametrize(
    "parameters",
    [{"query": LAUNCH}, {"query": f"query Q {{ __typename }} {LAUNCH.replace('mutation', 'mutation M')}",
                         "operationName": "M"}],
    ids=["alone", "by name"],
)  # fmt: skip
async def test_a_mutation_never_goes_by_get(
    served: Deployment, accept: str, parameters: dict[str, str]
) -> None:
    answer = await get(served, accept, **parameters)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_query_beside_a_mutation_goes_by_get_when_it_is_the_one_that_is_named(
    served: Deployment,
) -> None:
    document = f"query Q {{ __typename }} {LAUNCH.replace('mutation', 'mutation M')}"
    answer = await get(served, query=document, operationName="Q")
    assert (answer.status_code, answer.json()["data"]) == (200, ANSWER)


@pytest.mark.parametrize("parameters", [{}, {"query": TYPENAME, "variables": "{"},
                                        {"query": TYPENAME, "variables": "[]"},
                                        {"query": TYPENAME, "extensions": "7"}], ids=json.dumps)  # fmt: skip
async def test_a_get_that_is_no_graphql_request_is_a_400(
    served: Deployment, parameters: dict[str, str]
) -> None:
    answer = await get(served, **parameters)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("accept", [JSON, RESPONSE, "*/*"])
async def test_a_subscription_needs_events_or_a_websocket(
    served: Deployment, accept: str, method: str
) -> None:
    if method == "GET":
        answer = await get(served, accept, query=PROGRESS, variables='{"id": "x"}')
    else:
        answer = await post(served, {"query": PROGRESS, "variables": {"id": "x"}}, accept=accept)
    assert 400 <= answer.status_code < 500
    (error,) = answer.json()["errors"]
    assert "text/event-stream" in error["message"]


FORGED = {
    "form": ("application/x-www-form-urlencoded", b"query=%7B__typename%7D"),
    "text": ("text/plain", b'{"query": "{ __typename }"}'),
    "multipart": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="query"'
                  b"\r\n\r\n{ __typename }\r\n--x--\r\n"),
    "multipart with operations": ("multipart/form-data; boundary=x",
                                  b'--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n'
                                  b'{"query": "{ __typename }"}\r\n--x--\r\n'),
    "graphql": ("application/graphql", b"{ __typename }"),
    "json in name only": ("text/json", b'{"query": "{ __typename }"}'),
    "json as a parameter": ("text/plain; x=application/json", b'{"query": "{ __typename }"}'),
    "no media type": ("json", b'{"query": "{ __typename }"}'),
    "another charset": ("application/json; charset=utf-16", '{"query": "{ __typename }"}'.encode("utf-16")),
    "latin-1": ("application/json; charset=iso-8859-1", b'{"query": "{ __typename }"}'),
}  # fmt: skip


@pytest.mark.parametrize(("kind", "body"), FORGED.values(), ids=FORGED.keys())
async def test_a_body_that_a_foreign_page_could_send_is_refused(
    served: Deployment, kind: str, body: bytes
) -> None:
    answer = await post(served, body, **{"content-type": kind})
    assert answer.status_code == 415
    assert JSON in answer.text


async def test_a_body_without_a_media_type_is_refused(served: Deployment) -> None:
    headers = {"authorization": f"Bearer {served.token}", "accept": JSON}
    answer = await served.http.post("/graphql", content=b'{"query": "{ __typename }"}', headers=headers)
    assert answer.status_code == 415


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
                                  'application/json; charset="utf-8"', "application/json; x=y"])  # fmt: skip
async def test_json_is_json_whatever_its_parameters(served: Deployment, kind: str) -> None:
    answer = await post(served, {"query": TYPENAME}, **{"content-type": kind})
    assert (answer.status_code, answer.json()["data"]) == (200, ANSWER)


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH"])
async def test_another_method_is_refused(served: Deployment, method: str) -> None:
    headers = {"accept": JSON, "authorization": f"Bearer {served.token}"}
    answer = await served.http.request(method, "/graphql", params={"query": TYPENAME}, headers=headers)
    assert answer.status_code == 405
    assert {name.strip() for name in answer.headers["allow"].split(",")} >= {"GET", "POST"}


NO_REQUESTS = {
    "empty": b"",
    "not JSON": b"{",
    "not UTF-8": b'{"query": "{ __typename }", "operationName": "\xff"}',
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "an array": b"[]",
    "a batch": b'[{"query": "{ __typename }"}, {"query": "{ __typename }"}]',
    "a text": b'"{ __typename }"',
    "null": b"null",
    "no query": b"{}",
    "query null": b'{"query": null}',
    "query is a number": b'{"query": 7}',
    "query is a list": b'{"query": ["{ __typename }"]}',
    "variables are a number": b'{"query": "{ __typename }", "variables": 7}',
    "variables are a text": b'{"query": "{ __typename }", "variables": "{}"}',
    "variables are a list": b'{"query": "{ __typename }", "variables": []}',
    "operationName is a number": b'{"query": "{ __typename }", "operationName": 7}',
    "operationName is an object": b'{"query": "{ __typename }", "operationName": {}}',
    "extensions are a text": b'{"query": "{ __typename }", "extensions": "x"}',
    "extensions are a list": b'{"query": "{ __typename }", "extensions": []}',
    "not a number": b'{"query": "{ __typename }", "variables": {"x": NaN}}',
    "a number of 5,000 digits": b'{"query": "{ __typename }", "variables": {"x": ' + b"9" * 5_000 + b"}}",
    "deep nesting": b"[" * 100_000 + b"]" * 100_000,
    "deep variables": b'{"query": "{ __typename }", "variables": {"x": '
    + b"[" * 100_000
    + b"]" * 100_000
    + b"}}",
}


@pytest.mark.parametrize("accept", [JSON, RESPONSE])
@pytest.mark.parametrize("body", NO_REQUESTS.values(), ids=NO_REQUESTS.keys())
async def test_what_is_no_graphql_request_is_a_400_in_either_media_type(
    served: Deployment, body: bytes, accept: str
) -> None:
    answer = await post(served, body, accept=accept)
    assert answer.status_code == 400, answer.text
    assert media_type(answer) == accept
    assert answer.json()["errors"][0]["message"]
    assert "data" not in answer.json()


@pytest.mark.parametrize("rest", [{"variables": None, "operationName": None, "extensions": None},
                                  {"variables": {}, "extensions": {"any": [1]}},
                                  {"id": "unknown", "more": [1]}], ids=json.dumps)  # fmt: skip
async def test_what_is_null_or_unknown_is_as_if_left_out(served: Deployment, rest: dict[str, Any]) -> None:
    answer = await post(served, {"query": TYPENAME, **rest})
    assert (answer.status_code, answer.json()["data"]) == (200, ANSWER)


REQUEST_ERRORS = {
    "parse": {"query": "{"},
    "empty": {"query": ""},
    "no operation": {"query": "fragment F on Query { __typename }"},
    "validation": {"query": "{ nope }"},
    "operation unknown": {"query": "query A { __typename }", "operationName": "B"},
    "operation not named": {"query": "query A { __typename } query B { __typename }"},
    "variable missing": {"query": "query ($id: ID!) { campaign(id: $id) { name } }"},
    "variable wrong": {"query": "query ($n: Int) { customers(first: $n) { totalCount } }",
                       "variables": {"n": "x"}},
}  # fmt: skip


@pytest.mark.parametrize(("accept", "status"), [(RESPONSE, 400), (JSON, 200)])
@pytest.mark.parametrize("request_", REQUEST_ERRORS.values(), ids=REQUEST_ERRORS.keys())
async def test_an_operation_that_cannot_be_executed_has_errors_and_no_data(
    served: Deployment, request_: dict[str, Any], accept: str, status: int
) -> None:
    answer = await post(served, request_, accept=accept)
    # What is no document at all may be a 400 in the old media type too.
    assert answer.status_code == status or request_["query"] == "", answer.text
    assert media_type(answer) == accept
    assert answer.json()["errors"][0]["message"]
    assert answer.json().get("data") is None


@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_a_field_that_fails_beside_one_that_does_not_is_a_200(served: Deployment, accept: str) -> None:
    answer = await post(served, {"query": '{ __typename campaign(id: "nonsense") { name } }'}, accept=accept)
    assert answer.status_code == 200
    assert answer.json()["data"] == {"__typename": "Query", "campaign": None}
    assert answer.json()["errors"][0]["path"] == ["campaign"]


@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_who_has_no_token_is_told_so_by_the_field(served: Deployment, accept: str) -> None:
    body = {"query": "{ __typename customers { totalCount } }"}
    answer = await served.http.post("/graphql", json=body, headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.json()["data"] == {"__typename": "Query", "customers": None}
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


ACCEPTED = {
    None: JSON,
    "*/*": JSON,
    "application/*": JSON,
    JSON: JSON,
    RESPONSE: RESPONSE,
    f"{RESPONSE}, {JSON}": RESPONSE,
    f"{JSON};q=0.9, {RESPONSE}": RESPONSE,
    f"{RESPONSE};q=0.5, {JSON}": JSON,
    f"{RESPONSE};q=0, */*": JSON,
    f"{RESPONSE}; charset=utf-8, {JSON}; charset=utf-8;q=0.9": RESPONSE,
    f"{RESPONSE.upper()} ;q=1.000 ,text/html;q=0.2": RESPONSE,
    "text/html, */*;q=0.1": JSON,
    f"image/png, {RESPONSE};q=0.001": RESPONSE,
}


@pytest.mark.parametrize(("accept", "expected"), ACCEPTED.items(), ids=str)
async def test_the_answer_comes_in_the_media_type_that_the_caller_prefers(
    served: Deployment, accept: str | None, expected: str
) -> None:
    answer = await post(served, {"query": TYPENAME}, accept=accept)
    assert answer.status_code == 200, answer.text
    assert media_type(answer) == expected
    assert "charset=utf-8" in answer.headers["content-type"].lower()
    assert answer.json()["data"] == ANSWER


@pytest.mark.parametrize("accept", ["application/xml", "text/html", f"{JSON};q=0", "image/*, text/plain"])
async def test_a_caller_that_takes_no_json_gets_a_406(served: Deployment, accept: str) -> None:
    answer = await post(served, {"query": TYPENAME}, accept=accept)
    assert answer.status_code == 406
    assert JSON in answer.text


async def test_a_caller_that_reads_other_letters_gets_utf_8_all_the_same(served: Deployment) -> None:
    answer = await post(served, {"query": '{ campaign(id: "ü€😀") { name } }'}, accept=JSON)
    assert "ü€😀" in json.loads(answer.content.decode("utf-8"))["errors"][0]["message"]


async def test_the_answer_depends_on_accept_and_says_so(served: Deployment) -> None:
    answer = await get(served, query=TYPENAME)
    assert "accept" in answer.headers.get("vary", "").lower()
