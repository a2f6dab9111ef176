"""Delivers owed receipts to the callbacks: signed, in batches, again and again until they are taken."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import blake2b

import httpx
import msgspec
import structlog
from standardwebhooks import Webhook

from crm_graphql.simulator.behaviour import Behaviour
from crm_graphql.simulator.store import OwedReceipt, Store
from crm_graphql.simulator.wire import Receipt, Receipts, split_key

CONCURRENCY = 8
"""Calls to one callback at once."""
WINDOW_RECEIPTS = 4000
"""Receipts read from the store in one go."""
GATHER_SECONDS = 0.02
"""How long a receipt waits for others to share its call."""
LONGEST_WAIT_SECONDS = 10.0
"""A callback that is away is tried at least this often."""

_log = structlog.get_logger(__name__)
_encoder = msgspec.json.Encoder()


class CallbackAway(Exception):
    """The callback could not be reached or cannot work now; the receipts stay due."""


class CallbackRefusal(Exception):
    """The callback answered that it does not want this call."""


class Callbacks:
    """One worker for each callback address, so that one that is away holds up no other."""

    def __init__(
        self, store: Store, signer: Webhook, http: httpx.AsyncClient, behaviour: Callable[[], Behaviour]
    ) -> None:
        self._store = store
        self._signer = signer
        self._http = http
        self._behaviour = behaviour
        self._workers: dict[str, tuple[asyncio.Task[None], asyncio.Event]] = {}
        self.calls = 0
        """Callbacks that were taken, since the start or since all was forgotten."""

    def start(self) -> None:
        """Go on with what an earlier run still owed."""
        for url in self._store.callbacks():
            self.wake(url)

    def wake(self, url: str) -> None:
        """Receipts for `url` were stored."""
        if url not in self._workers:
            event = asyncio.Event()
            self._workers[url] = (
                asyncio.create_task(self._work(url, event), name=f"receipts to {url}"),
                event,
            )
        self._workers[url][1].set()

    async def stop(self) -> None:
        """End the workers; what is still owed is in the store, and `wake` begins anew."""
        workers, self._workers = self._workers, {}
        for task, _ in workers.values():
            task.cancel()
        for task, _ in workers.values():
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def deliver_early(self, url: str, receipts: Sequence[OwedReceipt]) -> None:
        """Post at once, before the answer to the call that brought the messages; on failure they stay due."""
        with contextlib.suppress(CallbackAway, CallbackRefusal):
            await self._deliver(url, receipts)

    async def _work(self, url: str, stored: asyncio.Event) -> None:
        failures = 0
        while True:
            stored.clear()
            if not failures:
                await self._until_due(url, stored)
            if await self._deliver_window(url):
                if failures:
                    _log.info("receipts flow again", url=url)
                failures = 0
                continue
            if not failures:
                _log.warning("the callback is away, receipts wait", url=url)
            failures += 1
            await asyncio.sleep(
                min(0.1 * 2 ** min(failures, 10), LONGEST_WAIT_SECONDS) * random.uniform(0.8, 1)
            )

    async def _until_due(self, url: str, stored: asyncio.Event) -> None:
        due_at = self._store.next_due(url)
        delay = None if due_at is None else due_at - time.time()
        if delay is None or delay > 0:
            # Something stored meanwhile may be due sooner.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stored.wait(), delay)
            await asyncio.sleep(GATHER_SECONDS)

    async def _deliver_window(self, url: str) -> bool:
        """Deliver what is due, up to a window; False when the callback is away."""
        owed = self._store.due(url, time.time(), WINDOW_RECEIPTS)
        behaviour = self._behaviour()
        if behaviour.reorder:
            random.shuffle(owed)
        size = behaviour.receipts_batch
        if behaviour.sent_share:
            size = max(1, size // 2)  # Each may bring a SENT receipt along.
        batches = iter([owed[at : at + size] for at in range(0, len(owed), size)])
        results = await asyncio.gather(*(self._drain(url, batches) for _ in range(CONCURRENCY)))
        return all(results)

    async def _drain(self, url: str, batches: Iterator[Sequence[OwedReceipt]]) -> bool:
        """Deliver batches from the shared iterator until it ends; False at the first that found nobody."""
        for batch in batches:
            try:
                await self._deliver(url, batch)
            except CallbackAway:
                return False
            except CallbackRefusal as refusal:
                _log.warning("the callback refuses receipts", url=url, answer=str(refusal))
                self._store.refused([receipt.seq for receipt in batch], time.time())
        return True

    async def _deliver(self, url: str, owed: Sequence[OwedReceipt]) -> None:
        """One call, and the mark in the store that it was taken.

        Between the two a crash makes the same receipts go out again: at least once, as with real vendors.
        """
        body = _encoder.encode(Receipts(self._receipts(owed)))
        now = datetime.now(UTC)
        # Made of the content, so that a repeat of the same call carries the same id.
        message_id = f"msg_{blake2b(body, digest_size=16).hexdigest()}"
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(message_id, now, body.decode()),
        }
        try:
            answer = await self._http.post(url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise CallbackAway(type(error).__name__) from None
        if answer.status_code >= 500 or answer.status_code in (408, 429):
            raise CallbackAway(f"status {answer.status_code}")
        if not answer.is_success:
            raise CallbackRefusal(f"status {answer.status_code}")
        self.calls += 1
        again_at = time.time() + random.uniform(0, 1)
        self._store.went_out([receipt.seq for receipt in owed], again_at)

    def _receipts(self, owed: Sequence[OwedReceipt]) -> list[Receipt]:
        receipts: list[Receipt] = []
        for one in owed:
            delivery_id, attempt = split_key(one.key)
            occurred_at = datetime.fromtimestamp(one.occurred_at, UTC).isoformat(timespec="milliseconds")
            occurred_at = occurred_at.replace("+00:00", "Z")
            if one.sent_receipt and one.first:
                receipts.append(Receipt(delivery_id, one.key, attempt, "SENT", occurred_at))
            if one.fate == "DELIVERED" or (one.fate == "BOUNCED_LATE" and one.first):
                receipts.append(Receipt(delivery_id, one.key, attempt, "DELIVERED", occurred_at))
            else:
                why = (one.reason, one.reason_text)
                receipts.append(Receipt(delivery_id, one.key, attempt, "FAILED", occurred_at, *why))
        if self._behaviour().reorder:
            random.shuffle(receipts)
        return receipts
