"""Every document of the product, for the one place that connects them to a database."""

from __future__ import annotations

from beanie import Document

from crm_graphql.accounts.documents import (
    ApiKey,
    Attempts,
    Guard,
    KnownAddress,
    OneTimeLink,
    Revocation,
    Session,
    User,
)
from crm_graphql.audiences.documents import Audience
from crm_graphql.audit.documents import AuditEvent
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.documents import Delivery, ParkedReceipt, SendRange
from crm_graphql.ingestion.documents import DeadLetter, Ingestion, IngestionChunk, RowErrorRecord
from crm_graphql.mongo.leases import ConsumerLease, Counter, TaskLease
from crm_graphql.mongo.persisted_documents import PersistedDocument
from crm_graphql.mongo.rate_windows import RateWindow
from crm_graphql.orders.documents import Order

DOCUMENTS: tuple[type[Document], ...] = (
    ApiKey,
    Attempts,
    Audience,
    AuditEvent,
    Campaign,
    ConsumerLease,
    Counter,
    Customer,
    DeadLetter,
    Delivery,
    Guard,
    Ingestion,
    KnownAddress,
    IngestionChunk,
    OneTimeLink,
    Order,
    ParkedReceipt,
    PersistedDocument,
    RateWindow,
    Revocation,
    RowErrorRecord,
    SendRange,
    Session,
    TaskLease,
    User,
)
