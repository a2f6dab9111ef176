"""File settings: where files are kept, how many, and which are taken. Part of `Settings`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings


class StorageKind(Enum):
    """What keeps the bytes of files."""

    FOLDER = "folder"
    S3 = "s3"


class FileSettings(BaseSettings):
    """Files: where they are kept, how much of them, and which are taken."""

    storage: StorageKind = Field(
        StorageKind.FOLDER,
        description="folder, or s3: a bucket. A folder must be one for all processes of the deployment.",
    )
    storage_dir: str = Field("", description="The folder; `files` in CRM_DATA_DIR if empty.")
    storage_free_bytes: Annotated[int, Field(ge=0)] = Field(
        1024**3, description="What must stay free on the folder's disk: beyond it no file is taken."
    )
    storage_endpoint: str = Field(
        "",
        pattern="^$|^https?://",
        description="The server that speaks S3: https://minio.example.com; Amazon's if empty.",
    )
    storage_bucket: str = Field(
        "", description="The bucket. It must be there, and be this deployment's alone."
    )
    storage_region: str = Field("us-east-1", min_length=1, description="The bucket's region.")
    storage_access_key: str = Field(
        "", description="The id of the key that opens the bucket; empty takes the machine's own (a role)."
    )
    storage_secret_key: SecretStr = Field(SecretStr(""), description="That key's secret.")
    storage_timeout_seconds: Annotated[float, Field(gt=0, le=300)] = Field(
        30.0, description="How long the bucket's server may take for one request, of 8 MiB at the most."
    )

    exports_days: Annotated[int, Field(ge=1, le=90)] = Field(
        7, description="How long the file of an export is kept. Whoever is erased meanwhile is still in it."
    )
    exports_open: Annotated[int, Field(ge=1)] = Field(
        20, description="Exports of one caller that are being made at once; more are refused."
    )

    @model_validator(mode="after")
    def _a_bucket_has_a_name(self) -> Self:
        if self.storage is StorageKind.S3 and not self.storage_bucket:
            raise ValueError("CRM_STORAGE is s3: set CRM_STORAGE_BUCKET")
        return self
