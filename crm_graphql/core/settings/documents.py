"""Document settings: limits on GraphQL documents, requests, rates and connections. Part of `Settings`."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings


class DocumentSettings(BaseSettings):
    """GraphQL: how large a request and its answer may be, and how many may come."""

    request_bytes: Annotated[int, Field(ge=1_000)] = Field(
        8 * 1024**2, description="Largest GraphQL request (body or frame), in bytes after decompression."
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
    rule_count_timeout_seconds: Annotated[float, Field(gt=0)] = Field(
        5.0, description="Counting an audience gives up after this long; its size is then null."
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
        description="A JSON file of the only documents that may run (in development: of those known by their "
        "ids); empty lets clients send their own.",
    )
    persisted_documents_limit: Annotated[int, Field(ge=0)] = Field(
        10_000, description="Documents kept for clients that send only a hash; 0 keeps none."
    )
    persisted_document_days: Annotated[int, Field(ge=1)] = Field(
        30, description="A document that no client asked for by its hash for so long is forgotten."
    )

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

    @model_validator(mode="after")
    def _an_operation_fits_into_a_minute(self) -> Self:
        if 0 < self.rate_cost_per_minute < self.query_cost:
            raise ValueError("CRM_RATE_COST_PER_MINUTE must be 0 or at least CRM_QUERY_COST")
        return self
