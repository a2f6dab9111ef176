"""Both adapters of the storage, each under the same name for the tests of the port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crm_graphql.core.settings import Settings, load_settings
from crm_graphql.storage.choose import choose_storage
from crm_graphql.storage.port import Storage
from tests.servers import s3
from tests.servers.s3 import S3Server, running_s3


@pytest.fixture(scope="session")
def s3_process() -> Iterator[S3Server]:
    with running_s3() as server:
        yield server


@pytest.fixture
def s3_server(s3_process: S3Server) -> S3Server:
    s3_process.reset()
    return s3_process


def bucket_settings(server: S3Server, **others: object) -> Settings:
    """Settings of a deployment that keeps its files in the server's bucket."""
    given: dict[str, object] = {
        "storage": "s3",
        "storage_endpoint": server.url,
        "storage_bucket": s3.BUCKET,
        "storage_region": s3.REGION,
        "storage_access_key": s3.ACCESS_KEY,
        "storage_secret_key": s3.SECRET_KEY,
        "storage_timeout_seconds": 2,
    }
    return load_settings(_env_file=None, **{**given, **others})


def folder_settings(folder: Path, **others: object) -> Settings:
    """Settings of a deployment that keeps its files in a folder."""
    return load_settings(_env_file=None, storage_dir=str(folder), **others)


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Either adapter, empty."""
    if request.param == "folder":
        return choose_storage(folder_settings(tmp_path / "files", storage_free_bytes=0))
    return choose_storage(bucket_settings(request.getfixturevalue("s3_server")))
