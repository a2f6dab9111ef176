"""The memory of this machine, and the share of it that a private MongoDB takes as its cache."""

from __future__ import annotations

import os
from pathlib import Path

GIBIBYTE = 1024**3
CACHE_SHARE = 0.25
"""MongoDB alone on a machine takes half; here the API, the consumers and a person's editor live beside it."""
LEAST_CACHE_GIB, MOST_CACHE_GIB = 0.5, 8.0

_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""What a container is allowed, in the two versions of control groups."""


def memory_bytes(limits: tuple[Path, ...] = _LIMITS) -> int:
    """The machine's memory, or what this container may use of it."""
    found = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for file in limits:
        try:
            found.append(int(file.read_text()))
        except (OSError, ValueError):
            continue  # No such control group, or "max": no limit.
    return min(found)


def default_cache_gib(memory: int) -> float:
    """The cache, in GiB, of a private MongoDB on a machine with `memory` bytes."""
    share = memory * CACHE_SHARE / GIBIBYTE
    return round(min(max(share, LEAST_CACHE_GIB), MOST_CACHE_GIB), 2)
