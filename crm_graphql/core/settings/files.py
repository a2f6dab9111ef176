"""File settings: where files are kept, how many, and which are taken. Part of `Settings`."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings

from crm_graphql.core.settings.lists import SettingsList

_OFFICE = "application/vnd.openxmlformats-officedocument"
_OFFICE_KINDS = ("wordprocessingml.document", "spreadsheetml.sheet", "presentationml.presentation")


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

    storage_limit_bytes: Annotated[int, Field(ge=0)] = Field(
        0, description="What all files may take together; 0: no limit but the storage's own."
    )

    media_types: SettingsList[str] = Field(
        [
            *("image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"),
            *(f"{_OFFICE}.{kind}" for kind in _OFFICE_KINDS),
            *(
                f"application/vnd.oasis.opendocument.{kind}"
                for kind in ("text", "spreadsheet", "presentation")
            ),
            *("text/csv", "text/plain"),
        ],
        description="Which files are taken, with commas, told by their content; these are all that can be.",
    )
    media_file_bytes: Annotated[int, Field(ge=1)] = Field(
        100 * 1024**2, description="Largest file of POST /media."
    )
    media_batch_bytes: Annotated[int, Field(ge=1)] = Field(
        1024**3, description="Largest body of POST /media/bulk."
    )
    media_batch_files: Annotated[int, Field(ge=1, le=10_000)] = Field(
        200, description="Files in one body of POST /media/bulk."
    )
    media_read_seconds: Annotated[float, Field(gt=0)] = Field(
        60.0, description="How long 64 KiB of an upload may take to come."
    )
    media_picture_pixels: Annotated[int, Field(ge=10_000, le=200_000_000)] = Field(
        50_000_000,
        description="Largest picture: unpacked, each of its points takes four bytes, twice.",
    )

    exports_days: Annotated[int, Field(ge=1, le=90)] = Field(
        7, description="How long the file of an export is kept. Whoever is erased meanwhile is still in it."
    )
    exports_open: Annotated[int, Field(ge=1)] = Field(
        20, description="Exports of one caller that are being made at once; more are refused."
    )

    @field_validator("media_types")
    @classmethod
    def _types_are_known(cls, given: list[str]) -> list[str]:
        known = cls.model_fields["media_types"].default
        if unknown := [one for one in given if one not in known]:
            raise ValueError(f"{', '.join(unknown)} cannot be taken; these can: {', '.join(known)}")
        return given

    @model_validator(mode="after")
    def _a_bucket_has_a_name(self) -> Self:
        if self.storage is StorageKind.S3 and not self.storage_bucket:
            raise ValueError("CRM_STORAGE is s3: set CRM_STORAGE_BUCKET")
        return self
