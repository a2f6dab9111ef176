"""Rows of the lists for `benchmarks.pages`, as the product writes them, by number: the oldest first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from crm_graphql.core.ids import encode_id
from crm_graphql.core.texts import indexed_words
from crm_graphql.customers.derived import folded_copy, reach_of

START = datetime(2024, 1, 1, tzinfo=UTC)
PARENT = ObjectId("f" * 24)
ZERO = {"created": 0, "updated": 0, "unchanged": 0, "failed": 0}
CHANNELS = ("EMAIL", "SMS", "WHATSAPP")
RARE = 500
"""So many rows, the oldest, have what a narrow filter asks for."""

Row = dict[str, Any]


def key(number: int) -> ObjectId:
    """The id of a row, in the order of numbers."""
    return ObjectId(f"{number + 1:024x}")


def at(number: int) -> datetime:
    """The moment of a row."""
    return START + timedelta(seconds=number)


def customer_row(number: int, rows: int) -> Row:
    """A customer."""
    tags = ["rare"] if number < RARE else ["vip"] if number % 7 == 0 else []
    row: Row = {
        "_id": key(number),
        "external_id": f"C{number:07d}",
        "name": f"{('Asha', 'Ravi', 'Anna', 'Chen')[number % 4]} N{number:07d}",
        "email": f"user{number}@example.org",
        "phone": f"+9198{number:08d}" if number % 3 else None,
        "city": ("Mumbai", "Berlin", "Oslo")[number % 3],
        "country": ("IN", "DE", "NO")[number % 3],
        "tags": tags,
        "signed_up_at": None,
        "total_spend": number * 10_000,
        "visit_count": number % 50,
        "first_visit_at": START,
        "last_visit_at": at(number) if number % 10 else None,
        "opening": {"total_spend": 0, "visit_count": 0, "last_visit_at": None},
        "versions": dict.fromkeys(("name", "email", "phone", "city", "country"), (1 << 31) + number),
        "created_at": at(number),
        "updated_at": START,
    }
    folded = folded_copy(row) | {"name_words": indexed_words(row["name"])}
    return {**row, "folded": folded, "reach": reach_of(row)}


def order_row(number: int, rows: int) -> Row:
    """An order; one customer buys a tenth of all."""
    return {
        "_id": key(number),
        "external_id": f"O{number:08d}",
        # One buys a tenth of all.
        "customer_id": PARENT if number % 10 == 0 else key(number % 100_000),
        "amount": 12_3400,
        "currency": "USD",
        "quantity": 1,
        "ordered_at": at(number),
        "version": (1 << 31) + number,
        "quantity_version": (1 << 31) + number,
        "created_at": START,
        "updated_at": START,
    }


def campaign_row(number: int, rows: int) -> Row:
    """A campaign."""
    is_rare = number < RARE
    return {
        "_id": key(number),
        "name": f"{'Winter' if is_rare else 'Summer'} sale {number}",
        "name_words": ["winter" if is_rare else "summer", "sale", str(number)],
        "status": "PAUSED" if is_rare else ("COMPLETED", "CANCELLED")[number % 2],
        "channel": CHANNELS[2] if is_rare else CHANNELS[number % 2],
        "message": {"subject": "Hello", "body": "Hi {{ customer.name }}"},
        "audience_id": PARENT if is_rare else key(number % 1_000),
        "stats": dict.fromkeys(("total", "queued", "sent", "delivered", "failed", "skipped"), 0),
        "planning": {"done": True, "lease_until": None},
        "revision": 1,
        "subject": "benchmark",
        "created_at": at(number),
        "updated_at": at(number),
    }


def audience_row(number: int, rows: int) -> Row:
    """An audience."""
    word = "rare" if number < RARE else "frequent"
    return {
        "_id": key(number),
        "name": f"{word} {number}",
        "name_words": [word, str(number)],
        "rule": {"where": {"field": "visitCount", "operator": "GTE", "value": 0}},
        "size": 1,
        "size_at": START,
        "created_at": at(number),
        "updated_at": START,
    }


def ingestion_row(number: int, rows: int) -> Row:
    """An ingestion that is completed."""
    return {
        "_id": key(number),
        "number": number,
        "kind": "ORDERS",
        "status": "COMPLETED",
        "subject": f"shop {number % 10}",
        "sealed": True,
        "received": 1,
        "rejected": 0,
        "incomplete": 0,
        "counters": ZERO,
        "corrections": 0,
        "created_at": at(number),
        "touched_at": at(number),
    }


def row_error_row(number: int, rows: int) -> Row:
    """A row error of the one parent."""
    return {
        "_id": key(number),
        "ingestion_id": PARENT,
        "row": number,
        "external_id": f"O{number}",
        "field": "amount",
        "value": "n/a",
        "code": "INVALID",
        "message": "This is no amount.",
    }


def event_row(number: int, rows: int) -> Row:
    """An entry of the audit."""
    is_rare = number < RARE
    return {
        "_id": key(number),
        "at": at(number),
        "actor": "benchmark",
        "actor_id": encode_id("User", PARENT if is_rare else key(number % 20)),
        "action": "apiKeyCreate" if is_rare else ("login", "audienceUpdate")[number % 2],
        "subject_id": encode_id("Audience", key(number % 1_000)),
        "succeeded": True,
        "expires_at": START + timedelta(days=36_500),
    }


def user_row(number: int, rows: int) -> Row:
    """A user."""
    email = f"user{number}@example.org"
    own = {"email": email, "email_key": email, "name": None, "role": "VIEWER", "is_active": True}
    return {"_id": key(number), **own, "created_at": at(number), "updated_at": START}


def delivery_row(number: int, rows: int) -> Row:
    """A delivery of the one parent."""
    is_rare = number >= rows - RARE
    status, reason = ("FAILED", "BOUNCED") if is_rare else ("DELIVERED", None)
    if not is_rare and number % 5 == 0:
        status, reason = "SKIPPED", "NO_ADDRESS"
    return {
        "_id": key(number),
        "campaign_id": PARENT,
        "number": number,
        # One of them once, as in each campaign; the rest are of other customers.
        "customer_id": key(number),
        "channel": "EMAIL",
        "address": f"user{number}@example.org",
        "address_key": number.to_bytes(16, "big"),
        "values": {"customer": {"name": f"Name {number}"}},
        "status": status,
        "reason": reason,
        "attempt": 1,
        "revision": number // 1_000,
        "sent_at": START,
        "finished_at": START,
        "created_at": START,
        "updated_at": at(number),
    }
