"""Watching of long work until it ends: the state now, then each newer one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from crm_graphql.core.errors import NotFound
from crm_graphql.core.paging import Row
from crm_graphql.gql.context import Info


@dataclass(frozen=True, slots=True)
class Watched:
    """A kind of work: `view` names what is read of it, `progress` is what only grows while it goes on."""

    view: str
    progress: Callable[[Row], Any]
    has_ended: Callable[[Row], bool]
    field: str
    """The argument that names one."""
    missing: str
    """What is said where there is none."""

    async def states(
        self, info: Info, topic: str, find: Callable[[], Awaitable[Row | None]]
    ) -> AsyncGenerator[Row, None]:
        """The work as `find` finds it, until the state in which it has ended. Raises NotFound at `field`."""

        async def read() -> Row:
            row = await find()
            if row is None:
                raise NotFound(self.missing, path=(self.field,))
            return row

        # The topic's reader would wait for it to come: whoever asks is told at once.
        await read()
        async with aclosing(info.context.live.states(topic, self.view, read, self.progress)) as states:
            async for row in states:
                yield row
                if self.has_ended(row):
                    return
