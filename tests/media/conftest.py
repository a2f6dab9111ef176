"""The API over an empty storage of files, and the processing of what was uploaded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from bson import ObjectId

from consumers.handlers.media import handle_media
from consumers.work import Work
from crm_graphql.media.messages import MediaArrived
from crm_graphql.resources import Resources
from crm_graphql.storage.folder import FolderStorage
from tests.delivery.stand_in import StandInVendor
from tests.gql.conftest import api as api

Process = Callable[[], Awaitable[None]]


@pytest.fixture
async def resources(resources: Resources, tmp_path: Path) -> Resources:
    """Open resources whose storage is a folder of this test's own."""
    return replace(resources, storage=FolderStorage(tmp_path / "files", free_bytes=0))


@pytest.fixture
def process(resources: Resources) -> Process:
    """Processes whatever waits, as a consumer does."""

    async def run() -> None:
        work = Work.over(resources, vendor=StandInVendor())
        waiting: list[ObjectId] = await resources.database.media.distinct("_id", {"status": "PROCESSING"})
        for key in waiting:
            await handle_media(work, MediaArrived(media_id=str(key)))

    return run
