"""How fast is a file of 100 MB taken and given back by one API process, beside hashing and writing it alone?

Run: .venv/bin/python -m benchmarks.media [--megabytes 100]

The product is one process on the embedded bus, its files in a folder; the file is text, of which every byte
is looked at. It goes up as a form by a plain client of this process and comes down by its signed link. The
raw limit of the same run: SHA-256 of the same bytes, written to the same disk by 1 MiB, and synced. Memory is
the most that the process ever held (VmHWM), beside what it held before. Processor times are the process's,
its client's left out.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import http.client
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crm_graphql.local.mongod import Mongod
from tests.servers.deployment import Deployment

ROUNDS = 3
PIECE = 1024**2
MEGABYTE = 10**6
LINE = b"4711;Ada Lovelace;ada@example.com;12.50\n"
URL = "query ($id: ID!) { media(id: $id) { status url } }"


def pieces(size: int) -> Iterator[bytes]:
    """So many bytes of text."""
    block = LINE * (PIECE // len(LINE))
    for start in range(0, size, len(block)):
        yield block[: size - start]


def raw(folder: Path, size: int) -> None:
    """Hash and write, and nothing else."""
    hashed = hashlib.sha256()
    with (folder / "raw").open("wb", buffering=0) as file:
        for piece in pieces(size):
            hashed.update(piece)
            file.write(piece)
        os.fsync(file.fileno())


def upload(deployment: Deployment, size: int) -> dict[str, Any]:
    """What the product answers to the form."""
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n\r\n'
    tail = b"\r\n--b--\r\n"

    def form() -> Iterator[bytes]:
        yield head
        yield from pieces(size)
        yield tail

    connection = http.client.HTTPConnection("127.0.0.1", deployment.ports[0])
    headers = {
        "authorization": f"Bearer {deployment.token}",
        "content-type": "multipart/form-data; boundary=b",
        "content-length": str(len(head) + size + len(tail)),
    }
    connection.request("POST", "/media", body=form(), headers=headers)
    answer = connection.getresponse()
    told: dict[str, Any] = json.loads(answer.read())
    connection.close()
    assert answer.status == 201, told
    return told


def download(deployment: Deployment, url: str, size: int) -> None:
    """All of the file."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", deployment.ports[0])
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    count = 0
    while piece := answer.read(PIECE):
        count += len(piece)
    connection.close()
    assert (answer.status, count) == (200, size)


def peak_megabytes(pid: int) -> float:
    """The most memory that the process ever held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024 / MEGABYTE


def best(work: Callable[[], object], processor: Callable[[], float]) -> tuple[float, float]:
    """The seconds of the best of some rounds, by the wall and by the processor."""
    times = []
    for _ in range(ROUNDS):
        start, used = time.perf_counter(), processor()
        work()
        times.append((time.perf_counter() - start, processor() - used))
    return min(wall for wall, _ in times), min(used for _, used in times)


def processor_of(pid: int) -> float:
    """The seconds that a process has used of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def ready_url(deployment: Deployment, media_id: str) -> str:
    """Where the file lies, once a consumer has looked at it."""
    for _ in range(600):
        found = (await deployment.graphql(URL, {"id": media_id}))["media"]
        if found["status"] == "READY":
            url: str = found["url"]
            return url
        await asyncio.sleep(0.1)
    raise RuntimeError("the file was never ready")


async def measure(deployment: Deployment, folder: Path, size: int) -> None:
    """Print the figures."""
    pid = deployment.apis[0].pid
    upload(deployment, PIECE)
    before = peak_megabytes(pid)
    alone = best(lambda: raw(folder, size), time.process_time)
    up = best(lambda: upload(deployment, size), lambda: processor_of(pid))
    peak = peak_megabytes(pid)
    url = (await ready_url(deployment, upload(deployment, size)["id"])).replace(
        "http://127.0.0.1:8000", deployment.url
    )
    down = best(lambda: download(deployment, url, size), lambda: processor_of(pid))
    for name, (wall, used) in (("hash and write alone", alone), ("upload", up), ("download", down)):
        speed = f"{size / MEGABYTE / wall:6.0f} MB/s, {alone[0] / wall:.2f} of hash and write alone"
        print(f"{name:22}{speed}; processor {used:.2f} s, {used / alone[1]:.1f} times")
    print(f"memory at the most    {peak:6.0f} MB: {peak - before:+.0f} MB for uploads,", end=" ")
    print(f"{peak_megabytes(pid) - peak:+.0f} MB for downloads")


async def main(megabytes: int) -> None:
    """A deployment of its own, and the figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mongod = Mongod(folder / "mongod", cache_gb=0.5)
        mongod.start()
        deployment = Deployment(folder, mongod, None, settings={"storage_dir": folder / "files"})
        try:
            await deployment.start()
            await measure(deployment, folder, megabytes * MEGABYTE)
        finally:
            await deployment.close()
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=100)
    asyncio.run(main(parser.parse_args().megabytes))
