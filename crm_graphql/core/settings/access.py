"""Access settings: tokens, signing in, links, Google, and what the audit keeps. Part of `Settings`."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from crm_graphql.core.settings.lists import SettingsList


class AccessSettings(BaseSettings):
    """Access: who may come in, how, and for how long."""

    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs access tokens (HS256). At least 32 random bytes."
    )
    previous_secret_keys: SettingsList[SecretStr] = Field(
        default_factory=list,
        description="Keys whose tokens are good too, with commas: the next CRM_SECRET_KEY before a change, "
        "the former one until a day after it.",
    )
    token_issuer: str = Field("crm-graphql", description="The `iss` and `aud` of access tokens.")
    access_token_ttl_seconds: Annotated[int, Field(ge=30, le=86_400)] = Field(
        900, description="How long a user's access token is good; then the client refreshes."
    )

    session_idle_days: Annotated[int, Field(ge=1, le=366)] = Field(
        30, description="A signed-in device that was not used for so long must sign in again."
    )
    session_max_days: Annotated[int, Field(ge=1, le=366)] = Field(
        90, description="A signed-in device must sign in again after so long, however much it is used."
    )
    one_time_link_ttl_hours: Annotated[int, Field(ge=1, le=720)] = Field(
        48, description="How long an invitation or a link to set a new password is good."
    )
    password_hash_memory_kib: Annotated[int, Field(ge=1024, le=1_048_576)] = Field(
        32_768,
        description="Memory of one Argon2id hash. Raised: passwords are hashed anew at the next login.",
    )
    password_hash_passes: Annotated[int, Field(ge=1, le=20)] = Field(
        2, description="Passes of one Argon2id hash over its memory. Aim at about 50 ms."
    )
    registration_open: bool = Field(
        False, description="Whether strangers may register themselves, as VIEWER; else by invitation only."
    )
    front_end_url: str = Field(
        "", description="Where the pages for people are, for links and after Google; CRM_PUBLIC_URL if empty."
    )

    google_client_id: str = Field("", description="Signing in with Google: the OAuth client. Empty: off.")
    google_client_secret: SecretStr = Field(SecretStr(""), description="The OAuth client's secret.")
    google_issuer: str = Field(
        "https://accounts.google.com", description="The OpenID provider; another one for tests."
    )
    google_allowed_domains: SettingsList[str] = Field(
        default_factory=list,
        description="Only Google accounts of these domains, with commas: example.com. Empty: all.",
    )

    audit_retention_days: Annotated[int, Field(ge=1, le=3660)] = Field(
        365, description="How long the audit keeps what is recorded from now on."
    )

    @model_validator(mode="after")
    def _whole_google_client(self) -> Self:
        if bool(self.google_client_id) != bool(self.google_client_secret.get_secret_value()):
            raise ValueError("CRM_GOOGLE_CLIENT_ID and CRM_GOOGLE_CLIENT_SECRET belong together")
        return self
