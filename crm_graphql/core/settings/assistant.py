"""Assistant settings: the model that it may ask, how long and for how many tokens. Part of `Settings`."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings


class AssistantSettings(BaseSettings):
    """The assistant: which model it may ask, and how much of it."""

    openai_api_key: SecretStr = Field(
        SecretStr(""),
        description="The key of OpenAI, or of a server that speaks its API (one that wants no key takes any "
        "text). Empty: no model is asked, and the built-in assistant answers.",
    )
    openai_base_url: str = Field(
        "https://api.openai.com/v1", description="Where that API is; a server of your own keeps all on it."
    )
    openai_model: str = Field(
        "gpt-5.4-mini",
        min_length=1,
        max_length=200,
        description="The model; it must know structured outputs (JSON schema).",
    )
    openai_timeout_seconds: Annotated[float, Field(gt=0, le=120)] = Field(
        20.0, description="How long a model may take for one request, both its tries together."
    )
    openai_tokens_per_day: Annotated[int, Field(ge=0)] = Field(
        2_000_000,
        description="Tokens of all callers in a day (UTC); beyond it the built-in assistant answers.",
    )
    openai_caller_tokens_per_day: Annotated[int, Field(ge=0)] = Field(
        200_000, description="Tokens of one caller in a day (UTC)."
    )
    openai_log_prompts: bool = Field(
        False,
        description="Log what was asked and answered, addresses and numbers of people taken out. Only with "
        "the consent of those who ask.",
    )

    @field_validator("openai_base_url")
    @classmethod
    def _is_address(cls, address: str) -> str:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{address!r} is not an address like https://api.openai.com/v1")
        if parts.username is not None:
            raise ValueError("holds credentials: the key goes into CRM_OPENAI_API_KEY")
        return address
