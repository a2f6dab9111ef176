"""The simulator as a real process: what it answers, what it remembers, how it misbehaves on demand."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.conftest import TEST_WEBHOOK_SECRET
from tests.servers.simulator import SimulatorProcess
from tests.simulator.conftest import batch, keys
from tests.simulator.receiver import Receiver


def test_messages_are_accepted_and_each_gets_one_signed_receipt(
    simulator: SimulatorProcess, client: httpx.Client, receiver: Receiver
) -> None:
    wanted = keys(1000)
    answer = client.post("/v1/messages", json=batch(wanted))
    assert [result["key"] for result in answer.json()["results"]] == wanted
    assert {result["status"] for result in answer.json()["results"]} == {"accepted"}
    receiver.wait(lambda: len(receiver.receipts) >= 1000)
    simulator.wait_until_receipts_are_out()
    assert receiver.keys() == dict.fromkeys(wanted, 1)
    assert max(receiver.batches) == 200
    failed = [receipt for receipt in receiver.receipts if receipt["status"] == "FAILED"]
    assert 60 <= len(failed) <= 140
    assert {receipt["reason"] for receipt in failed} == {"BOUNCED"}
    assert all(receipt["reason_text"] for receipt in failed)
    first = receiver.receipts[0]
    assert (first["delivery_id"], first["attempt"]) == (first["key"][:24], 1)
    stats = simulator.stats()
    assert (stats["messages"], stats["receipts_sent"], stats["failed"]) == (1000, 1000, len(failed))
    assert stats["tags"]["campaign-1"]["delivered"] == 1000 - len(failed)


def test_the_same_key_is_sent_once_whatever_comes_again(
    simulator: SimulatorProcess, client: httpx.Client, receiver: Receiver
) -> None:
    wanted = keys(20)
    first = client.post("/v1/messages", json=batch([*wanted, *wanted])).json()["results"]
    simulator.wait_until_receipts_are_out()
    again = client.post("/v1/messages", json=batch(wanted, body="another text")).json()["results"]
    assert first[:20] == first[20:] == again
    time.sleep(0.3)
    assert receiver.keys() == dict.fromkeys(wanted, 1)
    stats = simulator.stats()
    assert (stats["handed_over"], stats["times_seen_max"], stats["keys_seen_again"]) == (60, 3, 20)
    assert (stats["sends_per_key_max"], stats["conflicts"]) == (1, 20)


def test_without_dedupe_a_key_goes_out_again(
    simulator: SimulatorProcess, client: httpx.Client, receiver: Receiver
) -> None:
    simulator.control(dedupe=False)
    for _ in range(2):
        client.post("/v1/messages", json=batch(keys(5)))
        simulator.wait_until_receipts_are_out()
    assert receiver.keys() == dict.fromkeys(keys(5), 2)
    assert simulator.stats()["sends_per_key_max"] == 2


def test_fates_depend_on_seed_and_key_alone(tmp_path: Path) -> None:
    fates = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        (tmp_path / name).mkdir()
        process = SimulatorProcess(
            tmp_path / name, callback_url="http://127.0.0.1:9/", secret=TEST_WEBHOOK_SECRET, seed=seed
        )
        process.start()
        try:
            httpx.post(f"{process.url}/v1/messages", json=batch(keys(200)))
            fates.append([message["fate"] for message in process.messages()])
        finally:
            process.close()
    assert fates[0] == fates[1] != fates[2]


def test_look_up_tells_known_keys_only(client: httpx.Client) -> None:
    sent = client.post("/v1/messages", json=batch(keys(3))).json()["results"]
    answer = client.post("/v1/look-up", json={"keys": [*keys(3), "f" * 24 + "-1"]})
    assert sorted(answer.json()["results"], key=lambda result: result["key"]) == sent
    assert client.get(f"/v1/messages/{keys(1)[0]}").json()["body"] == f"Message {keys(1)[0]}"
    assert client.get("/v1/messages/nothing").status_code == 404


def test_an_outage_takes_nothing(simulator: SimulatorProcess, client: httpx.Client) -> None:
    simulator.control(outage=True)
    answer = client.post("/v1/messages", json=batch(keys(5)))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert simulator.stats()["messages"] == 0
    simulator.control(outage=False)
    assert client.post("/v1/messages", json=batch(keys(5))).status_code == 200


def test_throttling_answers_429_with_retry_after(simulator: SimulatorProcess, client: httpx.Client) -> None:
    simulator.control(throttle_per_second=100)
    assert client.post("/v1/messages", json=batch(keys(300))).status_code == 200
    answer = client.post("/v1/messages", json=batch(keys(1)))
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    time.sleep(2)
    assert client.post("/v1/messages", json=batch(keys(1))).status_code == 200


def test_a_cut_connection_has_taken_the_messages(simulator: SimulatorProcess, client: httpx.Client) -> None:
    simulator.control(hang_share=1)
    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/v1/messages", json=batch(keys(5)))
    assert simulator.stats()["messages"] == 5


def test_rejections_and_empty_addresses_are_answered_at_once(
    simulator: SimulatorProcess, client: httpx.Client
) -> None:
    (result,) = client.post("/v1/messages", json=batch(keys(1), to=" ")).json()["results"]
    assert (result["status"], result["reason"]) == ("rejected", "the address is empty")
    simulator.control(rejected_share=1)
    results = client.post("/v1/messages", json=batch(keys(5))).json()["results"]
    assert {result["status"] for result in results} == {"rejected"}
    assert simulator.stats()["receipts_owed"] == 0


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "truncated"),
        (b'{"messages": [{"key": ""}]}', "$.messages[0].key"),
        (b'{"messages": [{"key": "k", "to": "a", "body": "b", "channel": "PIGEON"}]}', "channel"),
        (b'{"messages": [], "callback_url": "file:///etc/passwd"}', "callback_url"),
        (b'{"messages": ["\xff"]}', "messages"),
    ],
)
def test_a_bad_body_is_refused_with_the_place(client: httpx.Client, body: bytes, says: str) -> None:
    answer = client.post("/v1/messages", content=body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]


def test_control_refuses_what_it_does_not_know(simulator: SimulatorProcess, client: httpx.Client) -> None:
    bodies: list[object] = [{"failed": 1}, {"failed_share": 2}, {"receipts_batch": 500}, []]
    for body in bodies:
        answer = client.post("/v1/control", json=body)
        assert answer.status_code == 400
        assert "Known: failed_share" in answer.json()["error"]
    assert client.get("/v1/control").json()["failed_share"] == 0.1


def test_the_page_shows_caught_messages_escaped(client: httpx.Client) -> None:
    assert "Nothing here yet" in client.get("/").text
    client.post("/v1/messages", json=batch(keys(60), body="<script>alert(1)</script>"))
    page = client.get("/")
    assert "&lt;script&gt;alert(1)" in page.text
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "http-equiv" in page.text
    assert "Older messages" in page.text
    assert page.text.count("<article>") == 50
    older = page.text.split('<a href="')[1].split('"')[0]
    assert client.get(older).text.count("<article>") == 10
    found = client.get("/", params={"to": "3b@EXAMPLE"}).text
    assert found.count("<article>") == 1
    assert '"><b>' not in client.get("/", params={"to": '"><b>'}).text


def test_the_list_pages_through_everything(simulator: SimulatorProcess, client: httpx.Client) -> None:
    client.post("/v1/messages", json=batch(keys(25)))
    first = client.get("/v1/messages", params={"limit": 20}).json()
    second = client.get("/v1/messages", params={"limit": 20, "after": first["next"]}).json()
    assert [message["key"] for message in first["messages"] + second["messages"]] == keys(25)
    assert second["next"] is None
    assert client.get("/v1/messages?after=x").status_code == 400


def test_sigterm_ends_it_in_good_order(simulator: SimulatorProcess) -> None:
    assert simulator.stop() == 0


@pytest.mark.parametrize(
    ("arguments", "environment", "says"),
    [
        ([], {}, "CRM_WEBHOOK_SECRET is not set"),
        ([], {"CRM_WEBHOOK_SECRET": "whsec_!"}, "CRM_WEBHOOK_SECRET must be base64"),
        (["--port", "{busy}"], {"CRM_WEBHOOK_SECRET": TEST_WEBHOOK_SECRET}, "Choose another port"),
        (["--data-file", "/proc/x/y"], {"CRM_WEBHOOK_SECRET": TEST_WEBHOOK_SECRET}, "--data-file"),
    ],
)
def test_a_start_that_cannot_work_says_why(
    simulator: SimulatorProcess,
    tmp_path: Path,
    arguments: list[str],
    environment: dict[str, str],
    says: str,
) -> None:
    filled = [argument.format(busy=simulator.port) for argument in arguments]
    ended = subprocess.run(
        [sys.executable, "-m", "crm_graphql.simulator", "--port", "0", *filled],
        env={"PATH": "/usr/bin:/bin", **environment},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
