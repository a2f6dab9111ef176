"""Receipts: signed, at least once whoever dies, and early, late, twice or out of order on demand."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from tests.conftest import TEST_WEBHOOK_SECRET
from tests.servers.simulator import SimulatorProcess
from tests.simulator.conftest import batch, keys
from tests.simulator.receiver import Receiver, listening


def test_a_forged_or_altered_callback_does_not_verify() -> None:
    webhook = Webhook(TEST_WEBHOOK_SECRET)
    headers = {"webhook-id": "a", "webhook-timestamp": str(int(time.time())), "webhook-signature": "v1,AAAA"}
    with pytest.raises(WebhookVerificationError):
        webhook.verify(b"{}", headers)


def test_kill_9_loses_neither_keys_nor_receipts(
    simulator: SimulatorProcess, client: httpx.Client, receiver: Receiver
) -> None:
    receiver.status = 503
    wanted = keys(1000)
    before = client.post("/v1/messages", json=batch(wanted)).json()
    receiver.wait(lambda: receiver.calls > 0)
    simulator.kill()
    simulator.start()
    assert client.post("/v1/messages", json=batch(wanted)).json() == before
    assert simulator.stats()["receipts_owed"] == 1000
    receiver.status = 200
    receiver.wait(lambda: len(receiver.receipts) >= 1000)
    simulator.wait_until_receipts_are_out()
    assert receiver.keys() == dict.fromkeys(wanted, 1)
    assert simulator.stats()["sends_per_key_max"] == 1


def test_killed_while_receipts_flow_each_still_comes(
    simulator: SimulatorProcess, client: httpx.Client, receiver: Receiver
) -> None:
    simulator.control(receipts_batch=10)
    for number in range(5):
        wanted = [f"{number:012x}{other:012x}-1" for other in range(400)]
        client.post("/v1/messages", json=batch(wanted)).raise_for_status()
        receiver.wait(lambda: len(receiver.receipts) > 20)
        simulator.kill()
        simulator.start()
    simulator.wait_until_receipts_are_out()
    assert len(receiver.keys()) == 2000


def test_duplicate_early_sent_and_reordered_receipts(
    simulator: SimulatorProcess, client: httpx.Client, receiver: Receiver
) -> None:
    simulator.control(duplicate_share=1)
    client.post("/v1/messages", json=batch(keys(10)))
    receiver.wait(lambda: len(receiver.receipts) == 20)
    simulator.forget()

    simulator.control(duplicate_share=0, early_share=1, latency_ms=300)
    receiver.receipts.clear()
    client.post("/v1/messages", json=batch(keys(10)))
    answered_at = time.time()
    assert len(receiver.receipts) == 10
    assert answered_at - receiver.arrived_at[-1] > 0.2
    simulator.forget()

    simulator.control(early_share=0, latency_ms=0, sent_share=1)
    receiver.receipts.clear()
    client.post("/v1/messages", json=batch(keys(10)))
    receiver.wait(lambda: len(receiver.receipts) == 20)
    assert [receipt["status"] == "SENT" for receipt in receiver.receipts[:4]] == [True, False, True, False]
    simulator.forget()

    simulator.control(sent_share=0, reorder=True)
    receiver.receipts.clear()
    client.post("/v1/messages", json=batch(keys(100)))
    receiver.wait(lambda: len(receiver.receipts) == 100)
    order = [receipt["key"] for receipt in receiver.receipts]
    assert order != sorted(order)
    assert sorted(order) == keys(100)


def test_what_bounces_late_was_delivered_before(
    simulator: SimulatorProcess, client: httpx.Client, receiver: Receiver
) -> None:
    simulator.control(late_bounce_share=1, failed_share=0)
    client.post("/v1/messages", json=batch(keys(5))).raise_for_status()
    receiver.wait(lambda: len(receiver.receipts) >= 10)
    simulator.wait_until_receipts_are_out()
    by_key: dict[str, list[tuple[str, str | None]]] = {}
    for one in receiver.receipts:
        by_key.setdefault(one["key"], []).append((one["status"], one.get("reason")))
    assert list(by_key.values()) == [[("DELIVERED", None), ("FAILED", "BOUNCED")]] * 5
    assert (simulator.stats()["failed"], simulator.stats()["delivered"]) == (5, 0)


def test_receipts_wait_for_their_delay(
    simulator: SimulatorProcess, client: httpx.Client, receiver: Receiver
) -> None:
    simulator.control(receipt_delay_ms=400)
    sent_at = time.time()
    client.post("/v1/messages", json=batch(keys(10)))
    receiver.wait(lambda: len(receiver.receipts) == 10)
    assert 0.4 <= receiver.arrived_at[0] - sent_at < 2


def test_a_callback_that_was_away_gets_everything_when_it_is_back(tmp_path: Path, receiver: Receiver) -> None:
    with listening(receiver) as url:
        port = int(url.split(":")[2].split("/")[0])
    process = SimulatorProcess(
        tmp_path, callback_url=url, secret=TEST_WEBHOOK_SECRET, receipt_delay_ms=0, failed_share=0
    )
    process.start()
    try:
        httpx.post(f"{process.url}/v1/messages", json=batch(keys(500)))
        time.sleep(0.5)
        with listening(receiver, port):
            receiver.wait(lambda: len(receiver.receipts) >= 500)
            process.wait_until_receipts_are_out()
        assert receiver.keys("DELIVERED") == dict.fromkeys(keys(500), 1)
    finally:
        process.close()


def test_a_refused_call_is_repeated_later_and_holds_up_no_other(
    simulator: SimulatorProcess, client: httpx.Client, receiver: Receiver
) -> None:
    receiver.status = 400
    client.post("/v1/messages", json=batch(keys(3)))
    receiver.wait(lambda: receiver.calls == 1)
    receiver.status = 200
    client.post("/v1/messages", json=batch(keys(6)[3:]))
    receiver.wait(lambda: len(receiver.receipts) == 3)
    receiver.wait(lambda: len(receiver.receipts) == 6)
    assert receiver.ids[0] in receiver.ids[1:]


def test_what_is_forgotten_gets_no_receipt(
    simulator: SimulatorProcess, client: httpx.Client, receiver: Receiver
) -> None:
    receiver.status = 503
    client.post("/v1/messages", json=batch(keys(10)))
    receiver.wait(lambda: receiver.calls > 0)
    simulator.forget()
    receiver.status = 200
    client.post("/v1/messages", json=batch(keys(20)[10:]))
    receiver.wait(lambda: len(receiver.receipts) == 10)
    assert receiver.keys() == dict.fromkeys(keys(20)[10:], 1)
