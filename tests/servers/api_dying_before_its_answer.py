"""`crm serve`, ended as by kill -9 the moment it has accepted a body, before it can answer.

Usage: python -m tests.servers.api_dying_before_its_answer
"""

from __future__ import annotations

import os
import signal
from typing import Never

from crm_graphql.commands.serve import app
from crm_graphql.ingestion import service


async def _die(*_arguments: object, **_options: object) -> Never:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives this")


if __name__ == "__main__":
    # The first thing that either door does once the ingestion is sealed.
    service._end = _die
    app()
