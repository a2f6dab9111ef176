"""Every setting of a deployment: `CRM_*` environment variables or a `.env` file."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from crm_graphql.core.settings.access import AccountSettings

MIN_SECRET_BYTES = 32

_ORIGIN = re.compile(r"https?://[a-z0-9.\-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?", re.IGNORECASE)


class BusKind(Enum):
    """What carries messages between processes."""

    RABBITMQ = "rabbitmq"
    EMBEDDED = "embedded"


class SettingsError(Exception):
    """The settings cannot be used; the message names each variable and says what to do."""


class Settings(AccountSettings):
    """The settings, each with its unit in its name and a default that is safe."""

    model_config = SettingsConfigDict(
        env_prefix="CRM_", env_file=".env", extra="ignore", frozen=True, str_strip_whitespace=True
    )

    development: bool = Field(
        False,
        description="Set by `crm dev`: secrets may be generated; explorer and schema are open to all.",
    )
    data_dir: Path = Field(Path(".crm"), description="Where `crm dev` keeps its database, secrets and logs.")

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

    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs access tokens (HS256). At least 32 random bytes."
    )
    previous_secret_keys: list[SecretStr] = Field(
        default_factory=list,
        description="Former values of CRM_SECRET_KEY, as JSON: tokens they signed stay good. "
        "Drop one a day after the change.",
    )
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Vendors sign their receipts with it (Standard Webhooks, whsec_...)."
    )
    token_issuer: str = Field("crm-graphql", description="The `iss` and `aud` of access tokens.")

    host: str = Field("127.0.0.1", description="The address to listen on; 0.0.0.0 inside a container.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(8000, description="The port to listen on.")
    trusted_proxies: str = Field(
        "127.0.0.1",
        description="Proxies whose X-Forwarded-For is believed: addresses or networks with commas, or *.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="Where vendors and browsers reach this deployment."
    )
    allowed_origins: list[str] = Field(
        default_factory=list,
        description='Origins of front ends on other hosts, as JSON: ["https://app.example.com"]; for HTTP '
        "and websockets alike.",
    )
    request_bytes: Annotated[int, Field(ge=1_000)] = Field(
        4 * 1024**2, description="Largest GraphQL request (body or frame), in bytes after decompression."
    )
    request_read_seconds: Annotated[float, Field(gt=0)] = Field(
        30.0, description="How long a client may take to send the body of a GraphQL request."
    )
    query_bytes: Annotated[int, Field(ge=1_000, le=1_000_000)] = Field(
        32_768, description="Largest GraphQL document, in bytes; bigger ones cost milliseconds to read."
    )
    query_tokens: Annotated[int, Field(ge=100, le=20_000)] = Field(
        1_500, description="Tokens in a document: each costs about 20 microseconds the first time it comes."
    )
    query_depth: Annotated[int, Field(ge=1, le=100)] = Field(
        15, description="Fields nested in one another; each list below a list multiplies the answer."
    )
    query_aliases: Annotated[int, Field(ge=0)] = Field(
        100, description="Aliases in an operation, counted again wherever a fragment is spread."
    )
    query_root_fields: Annotated[int, Field(ge=1)] = Field(
        50, description="Root fields of an operation: each is a query of its own, or a change."
    )
    query_directives: Annotated[int, Field(ge=0)] = Field(
        100, description="Directives (@include and the like) in a document."
    )
    query_definitions: Annotated[int, Field(ge=1)] = Field(
        100, description="Operations and fragments in a document; checking compares them with each other."
    )
    query_operations: Annotated[int, Field(ge=1)] = Field(
        25, description="Operations in a document; checking walks the fragments again for each."
    )
    query_spreads: Annotated[int, Field(ge=0)] = Field(
        300, description="Fragment spreads in a document; checking compares them with each other."
    )
    query_cost: Annotated[int, Field(ge=1)] = Field(
        100_000, description="Cost of an operation: about the number of fields in its largest answer."
    )
    rate_cost_per_minute: Annotated[int, Field(ge=0)] = Field(
        30_000_000,
        description="Cost that a caller may spend in a minute, in all its operations; 0: no limit.",
    )
    anonymous_requests_per_minute: Annotated[int, Field(ge=0)] = Field(
        1_200, description="Requests without a token from one address in a minute; 0: no limit."
    )
    rates_shared: bool = Field(
        True, description="Count rates in MongoDB, over all API processes; false counts in each alone."
    )
    document_cache_bytes: Annotated[int, Field(ge=0)] = Field(
        64 * 1024**2, description="Memory for documents that were read and checked before, per process."
    )
    trusted_documents: str = Field(
        "",
        description="A JSON file of the only documents that may run; empty lets clients send their own.",
    )
    persisted_documents_limit: Annotated[int, Field(ge=0)] = Field(
        10_000, description="Documents kept for clients that send only a hash; 0 keeps none."
    )
    persisted_document_days: Annotated[int, Field(ge=1)] = Field(
        30, description="A document that no client asked for by its hash for so long is forgotten."
    )
    shutdown_grace_seconds: Annotated[float, Field(gt=0)] = Field(
        8.0, description="How long a stop waits for requests and messages under way."
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level logged.")
    log_json: bool = Field(True, description="One JSON object a line; false prints for people.")

    connection_init_timeout_seconds: Annotated[float, Field(gt=0)] = Field(
        3.0, description="How long a websocket may be silent before `connection_init`."
    )
    socket_operations_limit: Annotated[int, Field(ge=1)] = Field(
        100, description="Operations that run at once on one websocket."
    )
    sockets_per_caller: Annotated[int, Field(ge=1)] = Field(
        10_000, description="Live connections (sockets, event streams) of one caller on one API process."
    )
    anonymous_sockets_per_address: Annotated[int, Field(ge=1)] = Field(
        200,
        description="Live connections of one address on one API process that have not said who they are.",
    )
    slow_reader_seconds: Annotated[float, Field(gt=0)] = Field(
        10.0, description="A live connection whose reader takes nothing for this long is closed."
    )
    share_streams: bool = Field(
        True, description="Identical subscriptions share their work; false is for measurements."
    )

    currency: str = Field(
        "USD", pattern="^[A-Z]{3}$", description="The one currency of this deployment (ISO 4217)."
    )
    partitions: Annotated[int, Field(ge=1, le=64)] = Field(
        8, description="Queues that customers are spread over. Change it only while nothing is pending."
    )
    chunk_records: Annotated[int, Field(ge=1, le=10_000)] = Field(
        5000, description="Records applied in one transaction."
    )
    chunks_at_once: Annotated[int, Field(ge=1, le=64)] = Field(
        2, description="Chunks that one consumer process applies at once."
    )
    pending_chunks_limit: Annotated[int, Field(ge=1)] = Field(
        400, description="The ingest doors stop reading while more accepted chunks than this wait."
    )
    backpressure_wait_seconds: Annotated[float, Field(gt=0)] = Field(
        30.0, description="How long a door waits for room before it answers 503 with Retry-After."
    )
    ingest_body_limit_bytes: Annotated[int, Field(gt=0)] = Field(
        10 * 1024**3, description="Largest body of POST /ingest, after decompression."
    )
    row_errors_kept: Annotated[int, Field(ge=1)] = Field(
        100_000, description="Row errors stored for one ingestion; the counts go on beyond it."
    )
    chunk_retention_days: Annotated[int, Field(ge=1)] = Field(
        7, description="How long applied chunks are kept, for `crm replay`."
    )
    unsealed_timeout_seconds: Annotated[int, Field(ge=1)] = Field(
        3600, description="An ingestion whose body never ended fails after this long without a chunk."
    )
    lease_seconds: Annotated[float, Field(gt=0)] = Field(
        30.0, description="How long a planner or sender may be silent before another takes its work."
    )
    consumer_lease_seconds: Annotated[float, Field(gt=0)] = Field(
        5.0, description="A consumer process that is silent this long loses its partitions."
    )
    reconcile_interval_seconds: Annotated[float, Field(gt=0)] = Field(
        5.0, description="How often the reconciler looks for work that no message points at."
    )

    vendor_url: str = Field("http://127.0.0.1:8025", description="The delivery vendor's API (the simulator).")
    vendor_api_key: SecretStr = Field(SecretStr(""), description="The vendor's API key, if it wants one.")
    delivery_batch: Annotated[int, Field(ge=1, le=1000)] = Field(
        200, description="Messages in one call to a vendor."
    )
    senders: Annotated[int, Field(ge=1, le=64)] = Field(
        4, description="Calls to the vendor that one consumer process has under way at once."
    )
    vendor_deadline_seconds: Annotated[float, Field(gt=0)] = Field(
        15.0, description="How long one call to a vendor may take; must be below lease_seconds."
    )
    receipt_timeout_seconds: Annotated[int, Field(ge=1)] = Field(
        72 * 3600, description="A sent message without a receipt fails with NO_RECEIPT after this long."
    )
    parked_receipt_seconds: Annotated[int, Field(ge=1)] = Field(
        3600, description="How long a receipt for an unknown delivery is kept and tried again."
    )
    rule_count_timeout_seconds: Annotated[float, Field(gt=0)] = Field(
        5.0, description="Counting an audience gives up after this long; its size is then null."
    )

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, origins: list[str]) -> list[str]:
        for origin in origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(f"{origin!r} is not an origin like https://app.example.com (no path), or *")
        return origins

    @model_validator(mode="after")
    def _deadline_within_lease(self) -> Self:
        if self.vendor_deadline_seconds >= self.lease_seconds:
            raise ValueError("CRM_VENDOR_DEADLINE_SECONDS must be below CRM_LEASE_SECONDS")
        return self

    @model_validator(mode="after")
    def _an_operation_fits_into_a_minute(self) -> Self:
        if 0 < self.rate_cost_per_minute < self.query_cost:
            raise ValueError("CRM_RATE_COST_PER_MINUTE must be 0 or at least CRM_QUERY_COST")
        return self

    @property
    def pages_url(self) -> str:
        """Where the pages for people are, without a slash at the end."""
        return (self.front_end_url or self.public_url).rstrip("/")

    def require_secrets(self) -> None:
        """Raise SettingsError, naming the variable, for a secret that is missing or weak."""
        for name in ("secret_key", "webhook_secret"):
            value = getattr(self, name).get_secret_value()
            variable = f"CRM_{name.upper()}"
            if not value:
                raise SettingsError(
                    f"{variable} is not set. Set it to a random value: openssl rand -base64 48"
                )
            if len(value.encode()) < MIN_SECRET_BYTES or len(set(value)) < 10:
                raise SettingsError(
                    f"{variable} is too weak: at least {MIN_SECRET_BYTES} random bytes are needed. "
                    "Make one with: openssl rand -base64 48"
                )


def load_settings(**overrides: object) -> Settings:
    """The settings from the environment and `.env`. Raises SettingsError that names each bad variable."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        lines = [
            f"CRM_{'_'.join(str(part) for part in problem['loc'][:1]).upper() or '*'}: {problem['msg']}"
            for problem in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from None
