"""The choice of the storage: which adapter the settings name."""

from __future__ import annotations

from crm_graphql.core.settings import Settings, StorageKind
from crm_graphql.storage.folder import FolderStorage
from crm_graphql.storage.port import Storage


def choose_storage(settings: Settings) -> Storage:
    """The storage of this deployment; nothing is reached for yet. Raises ValueError for a bucket that can be
    none."""
    if settings.storage is StorageKind.FOLDER:
        return FolderStorage(settings.files_dir, free_bytes=settings.storage_free_bytes)
    # Whoever keeps files in a folder is not to load the client.
    from crm_graphql.storage.s3 import Bucket, S3Storage  # noqa: PLC0415

    return S3Storage(
        Bucket(
            name=settings.storage_bucket,
            endpoint=settings.storage_endpoint,
            region=settings.storage_region,
            access_key=settings.storage_access_key,
            secret_key=settings.storage_secret_key.get_secret_value(),
            timeout_seconds=settings.storage_timeout_seconds,
        )
    )
