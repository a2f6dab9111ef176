"""Returned mail settings: where it comes in, and when it leads to something. Part of `Settings`."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings

from crm_graphql.core.settings.lists import SettingsList

_DOMAIN = re.compile(r"(?=.{1,180}\Z)([a-z0-9]([a-z0-9\-]{0,61}[a-z0-9])?\.)+[a-z0-9\-]{2,63}")
_TOPIC = re.compile(r"arn:aws[a-z\-]*:sns:[a-z0-9\-]+:\d{12}:[\w.\-]{1,256}", re.ASCII)
_LISTEN = re.compile(r"(lmtp|smtp)://(\[[0-9a-f:]+\]|[a-z0-9.\-]+):(\d{1,5})")


class ReturnedMailSettings(BaseSettings):
    """Returned mail and complaints: where they come in, and when they lead to something."""

    bounces_domain: str = Field(
        "",
        description="The domain that mail comes back to, bounces.example.com; its mail goes to "
        "CRM_BOUNCES_LISTEN. Empty: mail goes back to its visible sender.",
    )
    bounces_listen: str = Field(
        "",
        description="Where each consumer process takes returned mail from the mail server before it: "
        "lmtp://127.0.0.1:8024, or smtp://. Empty: nowhere.",
    )
    ses_topic_arns: SettingsList[str] = Field(
        default_factory=list,
        description="SNS topics whose notices of Amazon SES are taken at POST /webhooks/ses, with commas. "
        "Empty: the door is closed.",
    )
    ses_old_signatures: bool = Field(
        False, description="Whether SNS may sign with SHA-1 (SignatureVersion 1); set the topic to 2 instead."
    )

    soft_bounces: Annotated[int, Field(ge=0, le=100)] = Field(
        3, description="An address is suppressed after so many soft bounces. 0: never."
    )
    soft_bounce_days: Annotated[int, Field(ge=1, le=90)] = Field(30, description="Within so many days.")
    max_bounce_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.05, description="A campaign is paused where surely more of what was sent bounces hard. 0: never."
    )
    max_complaint_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.003, description="A campaign is paused where surely more is complained of. 0: never."
    )
    bounce_share_floor: Annotated[int, Field(ge=1)] = Field(
        100, description="No share is judged before a campaign has sent so many messages."
    )
    policy_bounces: Annotated[int, Field(ge=0)] = Field(
        5,
        description="A campaign is paused when so many of its messages were refused by policy (x.7.x): for "
        "how they are sent, not for whom they are to. 0: never.",
    )
    bounce_retention_days: Annotated[int, Field(ge=90, le=3660)] = Field(
        365, description="How long bounces and complaints are kept."
    )

    @field_validator("bounces_domain")
    @classmethod
    def _is_domain(cls, domain: str) -> str:
        lowered = domain.lower().rstrip(".")
        if lowered and not _DOMAIN.fullmatch(lowered):
            raise ValueError(f"{domain!r} is not a domain like bounces.example.com")
        return lowered

    @field_validator("ses_topic_arns")
    @classmethod
    def _are_topics(cls, topics: list[str]) -> list[str]:
        for topic in topics:
            if not _TOPIC.fullmatch(topic):
                raise ValueError(f"{topic!r} is no topic like arn:aws:sns:eu-west-1:123456789012:mail")
        return topics

    @field_validator("bounces_listen")
    @classmethod
    def _is_listener(cls, listen: str) -> str:
        found = _LISTEN.fullmatch(listen.lower())
        if listen and (found is None or int(found[3]) > 65_535):
            raise ValueError(f"{listen!r} is not an address like lmtp://127.0.0.1:8024")
        return listen.lower()

    @model_validator(mode="after")
    def _listens_for_something(self) -> Self:
        if self.bounces_listen and not self.bounces_domain:
            raise ValueError("CRM_BOUNCES_LISTEN takes mail of CRM_BOUNCES_DOMAIN: set that as well")
        return self
