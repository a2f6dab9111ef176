"""The API with accounts, over an emptied database."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_graphql.resources import Resources
from tests.accounts.doors import Doors, open_doors


@pytest.fixture
async def doors(resources: Resources) -> AsyncIterator[Doors]:
    """The API as it is set up by default: registration closed, no Google."""
    async with open_doors(resources) as opened:
        yield opened
