"""How long does the built-in reading of a request take, beside the making of its rule alone?

Reading: words, grammar, checks, for requests as marketers write them, and for the longest that are let in.
Raw limit: `parse` of the rule that came of it, which anybody's rule passes.

Run: .venv/bin/python -m benchmarks.rule_reading
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Sequence

from crm_graphql.assistant.reading import read
from crm_graphql.assistant.spelling import prepare
from crm_graphql.audiences.rules import parse
from tests.assistant.test_hostile_requests import SILLY
from tests.assistant.test_readings import readings
from tests.assistant.vocabularies import DATA, NOW, vocabulary
from tests.audiences.factories import where

ROUNDS = 5
LONGEST = 2_000


def milliseconds(call: Callable[[], object]) -> float:
    """The best time of some rounds: what else the machine does is not asked about."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return min(times)


def report(name: str, times: Sequence[float]) -> None:
    """One line: how many, p50, p99, and the slowest."""
    p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
    print(
        f"{name:28} {len(times):5} requests   p50 {p50:.3f} ms   p99 {p99:.3f} ms   max {max(times):.3f} ms"
    )


def main() -> None:
    """Measure and print."""
    prepare()
    known = vocabulary()
    start = time.perf_counter()
    read("VIPs in Mumbai", known, now=NOW)
    print(f"the first, phrases made      {(time.perf_counter() - start) * 1e3:.1f} ms")
    gc.freeze()
    requests = [request["text"] for request in DATA["prompts"]] + [request for request, _, _ in readings()]
    report("as marketers write them", [milliseconds(lambda r=r: read(r, known, now=NOW)) for r in requests])  # type: ignore[misc]
    longest = [text[:LONGEST] for text in SILLY]
    report("hostile and silly", [milliseconds(lambda r=r: read(r, known, now=NOW)) for r in longest])  # type: ignore[misc]
    raw = {"all": [where("totalSpend", "GT", "5000"), where("lastVisitAt", "NOT_WITHIN_LAST", "P90D")]}
    print(f"a rule of two parts, parsed  {milliseconds(lambda: parse(raw)):.3f} ms")


if __name__ == "__main__":
    main()
