"""Resources of a process: MongoDB, the bus, HTTP and storage, opened and closed by the settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import httpx
from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.read_concern import ReadConcern

from crm_graphql.accounts.access import Access
from crm_graphql.analytics.answers import Answers
from crm_graphql.analytics.counting import UsageCounter
from crm_graphql.assistant.model.choose import choose_model
from crm_graphql.assistant.model.port import Model
from crm_graphql.bounces.intake import Intake
from crm_graphql.bus.embedded.bus import EmbeddedBus
from crm_graphql.bus.port import Bus
from crm_graphql.bus.queues import all_queues
from crm_graphql.bus.rabbitmq.bus import RabbitBus
from crm_graphql.core.clock import Clock, SystemClock
from crm_graphql.core.settings import BusKind, Settings
from crm_graphql.core.slices import Slices
from crm_graphql.delivery.vendors.setups import VendorChecks
from crm_graphql.deployment.live import LiveSettings
from crm_graphql.migrations.runner import prepare_database
from crm_graphql.mongo.transactions import APP_NAME
from crm_graphql.storage.choose import choose_storage
from crm_graphql.storage.port import Storage

Database = AsyncDatabase[dict[str, Any]]
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Resources:
    """What is open in this process. Pass parts of it to services, never the whole."""

    deployment: LiveSettings
    mongo: AsyncMongoClient[dict[str, Any]]
    database: Database
    bus: Bus
    http: httpx.AsyncClient
    clock: Clock
    access: Access
    storage: Storage
    model: Model | None = None
    """Whom the assistant may ask; None where it is to do without."""
    slices: Slices = field(default_factory=Slices)
    answers: Answers = field(default_factory=Answers)
    usage: UsageCounter = field(default_factory=UsageCounter)
    vendor_checks: VendorChecks = field(default_factory=VendorChecks)
    intake: Intake = field(default_factory=Intake)

    @property
    def settings(self) -> Settings:
        """The settings as they hold now, what people set included. Ask each time instead of keeping them."""
        return self.deployment.settings

    def with_settings(self, environment: Settings) -> Resources:
        """The same over another environment, in which nobody has set anything yet."""
        return replace(self, deployment=LiveSettings(environment, self.bus))

    async def in_transaction(self, work: Callable[[AsyncClientSession], Awaitable[Result]]) -> Result:
        """Run `work(session)` in one transaction: write concern majority, read concern snapshot.

        Retried as a whole by the driver on transient errors, and its commit on an unknown result, for up to
        two minutes; so `work` must only touch the database through `session`.
        """
        async with self.mongo.start_session() as session:
            return await session.with_transaction(
                work,
                read_concern=ReadConcern("snapshot"),
                write_concern=WriteConcern("majority"),
                read_preference=ReadPreference.PRIMARY,
            )


def connect_mongodb(settings: Settings) -> AsyncMongoClient[dict[str, Any]]:
    """A client with majority reads and writes, aware UTC times, and bounded waits."""
    return AsyncMongoClient(
        settings.mongodb_url,
        tz_aware=True,
        w="majority",
        readConcernLevel="majority",
        retryWrites=True,
        retryReads=True,
        serverSelectionTimeoutMS=10_000,
        connectTimeoutMS=5_000,
        maxPoolSize=settings.mongodb_pool_size,
        waitQueueTimeoutMS=round(settings.mongodb_pool_wait_seconds * 1_000),
        appname=APP_NAME,
    )


def make_bus(settings: Settings, database: Database) -> Bus:
    """The bus that the settings choose."""
    if settings.bus is BusKind.EMBEDDED:
        return EmbeddedBus(database)
    return RabbitBus(
        settings.amqp_url.get_secret_value(),
        prefix=settings.queue_prefix,
        publish_deadline_seconds=settings.publish_deadline_seconds,
    )


async def look_before(settings: Settings) -> None:
    """Whether the servers and the data are fit for this release, before processes start that would all fail.

    Raises ServerUnfit, NotMigrated, PyMongoError, BusError.
    """
    async with connect_mongodb(settings) as mongo:
        database: Database = mongo[settings.mongodb_database]
        await prepare_database(database, migrate=settings.prepares_itself)
        bus = make_bus(settings, database)
        try:
            await bus.open()
        finally:
            await bus.close()


@asynccontextmanager
async def open_resources(settings: Settings, *, clock: Clock | None = None) -> AsyncIterator[Resources]:
    """Connect, look whether the servers and the data are as this release needs them, and close everything at
    the end, in reverse order.

    In development what is missing of the data is made. Raises ServerUnfit, NotMigrated, PyMongoError,
    BusError.
    """
    mongo = connect_mongodb(settings)
    try:
        database: Database = mongo[settings.mongodb_database]
        await prepare_database(database, migrate=settings.prepares_itself)
        bus = make_bus(settings, database)
        await bus.open()
        try:
            await bus.declare(all_queues(settings.partitions))
            async with httpx.AsyncClient(timeout=settings.vendor_deadline_seconds) as http:
                access, model = Access(settings, bus), choose_model(settings)
                deployment = LiveSettings(settings, bus)
                await deployment.read()
                try:
                    yield Resources(
                        *(deployment, mongo, database, bus, http),
                        *(clock or SystemClock(), access, choose_storage(settings), model),
                    )
                finally:
                    if model is not None:
                        await model.close()
        finally:
            await bus.close()
    finally:
        await mongo.close()
