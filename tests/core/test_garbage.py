"""What lives as long as the process is out of the collector's sight, and garbage is not kept with it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from crm_graphql.core.garbage import freeze_what_is_started


class Circle:
    """Refers to itself: only the collector finds it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def thawed() -> Iterator[None]:
    """Nothing is frozen, and no collection comes on the way; afterwards all is, as the session began."""
    gc.unfreeze()
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


@pytest.mark.usefixtures("thawed")
def test_what_lives_is_frozen_and_garbage_goes() -> None:
    alive, garbage = Circle(), Circle()
    is_garbage_there = weakref.ref(garbage)
    del garbage
    freeze_what_is_started()
    assert is_garbage_there() is None
    assert gc.get_freeze_count() > 10_000
    assert not any(one is alive for one in gc.get_objects())


@pytest.mark.usefixtures("thawed")
def test_what_comes_later_is_collected_as_ever() -> None:
    freeze_what_is_started()
    later = weakref.ref(Circle())
    assert later() is not None
    gc.collect()
    assert later() is None
