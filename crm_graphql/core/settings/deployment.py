"""Deployment settings: where it runs, what it reaches, how it listens, stops and logs. Part of `Settings`."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from crm_graphql.core.phones import COUNTRIES
from crm_graphql.core.settings.lists import SettingsList
from crm_graphql.core.zones import zone_of

_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", re.IGNORECASE)


class BusKind(Enum):
    """What carries messages between processes."""

    RABBITMQ = "rabbitmq"
    EMBEDDED = "embedded"


class DeploymentSettings(BaseSettings):
    """The deployment: what it reaches, where it listens, how it stops and logs."""

    development: bool = Field(
        False,
        description="Set by `crm dev`: secrets may be generated; explorer and schema are open to all.",
    )
    name: str = Field(
        "",
        max_length=200,
        description="Who sends, as people know it: on the pages by which they unsubscribe and choose. "
        "`settingsUpdate` goes before it.",
    )
    data_dir: Path = Field(Path(".crm"), description="Where `crm dev` keeps its database, secrets and logs.")
    dev_cache_gib: Annotated[float, Field(ge=0, le=1_000)] = Field(
        0,
        description="Cache of the MongoDB that `crm dev` starts, in GiB; 0: a quarter of the memory, between "
        "a half and 8. Imports slow down where it does not hold the customers and their indexes.",
    )
    currency: str = Field(
        "USD", pattern="^[A-Z]{3}$", description="The one currency of this deployment (ISO 4217)."
    )
    country: str = Field(
        "",
        description="The country (ISO 3166-1 alpha-2) of telephone numbers that name none. Empty: these are "
        "kept and not dialled. `settingsUpdate` goes before it.",
    )
    time_zone: str = Field(
        "UTC",
        description="The time zone (IANA name) whose days are meant by a date in a rule. `settingsUpdate` "
        "goes before it.",
    )

    mongodb_url: str = Field(
        "mongodb://127.0.0.1:27017/?replicaSet=rs0",
        description="MongoDB. Must be a replica set: transactions need one.",
    )
    mongodb_pool_size: Annotated[int, Field(ge=1, le=10_000)] = Field(
        100, description="Connections to MongoDB that one process opens at the most."
    )
    mongodb_pool_wait_seconds: Annotated[float, Field(gt=0)] = Field(
        5.0, description="How long work waits for one of them to be free, before it is told to come again."
    )
    read_timeout_seconds: Annotated[float, Field(gt=0)] = Field(
        10.0, description="How long the reads of one query may take, all together; then it is UNAVAILABLE."
    )
    mongodb_database: str = Field("crm", min_length=1, description="The database's name.")
    storage_limit_bytes: Annotated[int, Field(ge=0)] = Field(
        0, description="How many bytes of files the deployment may hold; `usage` tells it. 0: no limit."
    )
    bus: BusKind = Field(
        BusKind.RABBITMQ,
        description="rabbitmq, or embedded: one process without a broker, for development.",
    )
    amqp_url: SecretStr = Field(
        SecretStr("amqp://127.0.0.1:5672/"), description="RabbitMQ 3.10 or later, with its credentials."
    )
    queue_prefix: str = Field(
        "crm", pattern=r"^[A-Za-z0-9_-]{1,40}$", description="Keeps deployments on one broker apart."
    )
    publish_deadline_seconds: Annotated[float, Field(gt=0)] = Field(
        5.0, description="How long a publish may wait for the broker's confirmation."
    )

    host: str = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 inside a container.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8000, description="The port to listen on.")
    trusted_proxies: SettingsList[str] = Field(
        ["127.0.0.1"],
        description="Proxies whose X-Forwarded-For is believed: addresses or networks with commas, or *.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Where vendors and browsers reach this deployment."
    )
    allowed_origins: SettingsList[str] = Field(
        default_factory=list,
        description="Origins of front ends on other hosts or ports, with commas: https://app.example.com; "
        "for HTTP and websockets alike. In development pages of this machine are allowed anyway.",
    )

    shutdown_grace_seconds: Annotated[float, Field(gt=0)] = Field(
        8.0, description="How long a stop waits for requests and messages under way."
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level logged.")
    log_json: bool = Field(True, description="One JSON object a line; false prints for people.")

    @field_validator("country")
    @classmethod
    def _known_country(cls, country: str) -> str:
        if country and country not in COUNTRIES:
            raise ValueError(f"{country!r} is not the code of a country like DE (ISO 3166-1 alpha-2)")
        return country

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        zone_of(name)
        return name

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{origin!r} is not an origin. Write scheme, host and port and nothing behind them, as "
                    "in https://app.example.com or http://localhost:5173, with commas between several; or *"
                )
        return origins
