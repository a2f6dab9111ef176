"""Delivery settings: the vendor, its calls, their leases, and its receipts. Part of `Settings`."""

from __future__ import annotations

import base64
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

MIN_WEBHOOK_SECRET_BYTES = 24
"""What Standard Webhooks asks for."""


def webhook_secret_problem(secret: str) -> str | None:
    """What is wrong with a secret of Standard Webhooks, judged by the bytes that it stands for.

    Those sign, and the library that checks signatures leaves out what is no base64: a text that looks strong
    may stand for few bytes.
    """
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        return "is no base64, with or without whsec_ before it."
    if len(key) < MIN_WEBHOOK_SECRET_BYTES or len(set(key)) < 10:
        return (
            f"is too weak: it stands for {len(key)} bytes, and at least {MIN_WEBHOOK_SECRET_BYTES} random "
            "ones are needed."
        )
    return None


class DeliverySettings(BaseSettings):
    """Delivery: which vendor sends, how much at once, and how long its receipts are waited for."""

    vendor_url: str = Field("http://127.0.0.1:8025", description="The delivery vendor's API (the simulator).")
    vendor_api_key: SecretStr = Field(SecretStr(""), description="The vendor's API key, if it wants one.")
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Vendors sign their receipts with it (Standard Webhooks, whsec_...)."
    )

    delivery_batch: Annotated[int, Field(ge=1, le=1000)] = Field(
        200, description="Messages in one call to a vendor."
    )
    senders: Annotated[int, Field(ge=1, le=64)] = Field(
        4, description="Calls to the vendor that one consumer process has under way at once."
    )
    vendor_rate_per_second: Annotated[float, Field(ge=0, le=100_000)] = Field(
        0.0, description="The vendor's own limit, messages a second; all campaigns share it fairly. 0: none."
    )
    vendor_deadline_seconds: Annotated[float, Field(gt=0)] = Field(
        15.0, description="How long one call to a vendor may take; must be below lease_seconds."
    )
    lease_seconds: Annotated[float, Field(gt=0)] = Field(
        30.0, description="How long a planner or sender may be silent before another takes its work."
    )

    attribution_days: Annotated[int, Field(ge=1, le=90)] = Field(
        7, description="So many days after a message an order counts for its campaign; fixed at launch."
    )

    receipt_timeout_seconds: Annotated[int, Field(ge=1)] = Field(
        72 * 3600, description="A sent message without a receipt fails with NO_RECEIPT after this long."
    )
    parked_receipt_seconds: Annotated[int, Field(ge=1)] = Field(
        3600, description="How long a receipt for an unknown delivery is kept and tried again."
    )

    tracking_opens: bool = Field(
        True, description="Whether campaigns may track opens; false: none does, whatever it says."
    )
    tracking_clicks: bool = Field(
        True, description="Whether campaigns may track clicks; false: none does, whatever it says."
    )
    tracking_spool_mib: Annotated[int, Field(ge=1, le=10_000)] = Field(
        64, description="Room on disk for opens and clicks that wait for the bus, in MiB; more are lost."
    )

    @model_validator(mode="after")
    def _deadline_within_lease(self) -> Self:
        if self.vendor_deadline_seconds >= self.lease_seconds:
            raise ValueError("CRM_VENDOR_DEADLINE_SECONDS must be below CRM_LEASE_SECONDS")
        return self
