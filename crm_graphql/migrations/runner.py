"""The running of migrations, one process at a time, and the look that every process takes before its work."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import structlog
from beanie import init_beanie
from pymongo.errors import PyMongoError

from crm_graphql.core.tasks import end_tasks
from crm_graphql.migrations.documents import Migration
from crm_graphql.migrations.plan import Database, Phase, Step
from crm_graphql.migrations.queries import NotMigrated, check_known, state_of
from crm_graphql.migrations.steps import STEPS
from crm_graphql.mongo.documents import all_documents
from crm_graphql.mongo.leases import LeaseLost, TaskLease, hold_task, is_task_held
from crm_graphql.mongo.servers import check_mongodb

LEASE = "migrate"
LEASE_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 1.0

_OWN = frozenset({TaskLease.Settings.name, Migration.Settings.name})
"""Collections that migrating itself makes."""

log = structlog.get_logger(__name__)


async def prepare_database(database: Database, *, migrate: bool, steps: Sequence[Step] = STEPS) -> None:
    """Before a process begins on it: connect the documents, and look whether all is made.

    With `migrate`, and on a new database, what is missing is made here; while another process is at it this
    one waits. Raises ServerUnfit, and NotMigrated with what to do.
    """
    await connect_documents(database)
    while True:
        # In this order: who finds neither a new database nor somebody at it finds what they have made.
        makes = migrate or await _is_new(database)
        is_under_way = await is_task_held(LEASE)
        state = await state_of(steps)
        check_known(state)
        if makes and state.missing:
            return await migrate_database(database, steps=steps)
        if not state.required:
            return None
        if not is_under_way:
            raise _not_prepared(database, state.required)
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


def _not_prepared(database: Database, missing: Sequence[Step]) -> NotMigrated:
    told = ", ".join(f"{step.number} ({step.name})" for step in missing)
    return NotMigrated(
        f"The database {database.name} is not prepared for this release; missing: {told}. Run "
        "`crm migrate` first; processes of the release before may go on meanwhile."
    )


async def _is_new(database: Database) -> bool:
    """Whether nothing was ever stored in it."""
    return not set(await database.list_collection_names()) - _OWN


async def connect_documents(database: Database) -> None:
    """Make the documents usable on a MongoDB that is fit for them. Raises ServerUnfit."""
    await check_mongodb(database)
    await init_beanie(database=database, document_models=all_documents(), skip_indexes=True)


async def steps_to_make(database: Database, *, finish: bool, steps: Sequence[Step] = STEPS) -> Sequence[Step]:
    """What is missing, in order; without `finish` only what the former release does not mind.

    On a new database there is none, so that all is made. Raises NotMigrated.
    """
    state = await state_of(steps)
    check_known(state)
    return state.missing if finish or await _is_new(database) else state.required


def _say_nothing(_line: str) -> None:
    """For a migration that nobody looks at."""


async def migrate_database(
    database: Database,
    *,
    steps: Sequence[Step] = STEPS,
    finish: bool = True,
    say: Callable[[str], None] = _say_nothing,
) -> None:
    """Make what is missing, as `steps_to_make` has it.

    One process at a time does it: another waits, and then makes what is left, mostly nothing. May be killed
    anywhere and run again. Raises CannotMigrate, NotMigrated, LeaseLost.
    """
    async with _alone(say):
        for step in await steps_to_make(database, finish=finish, steps=steps):
            for action in await step.plan(database):
                say(f"{step.number}: {action.text}")
                await action.do()
            await _note(step)
            log.info("migrated", step=step.number, name=step.name)


async def _note(step: Step) -> None:
    await Migration.get_pymongo_collection().update_one(
        {"_id": step.number},
        {
            "$set": {"name": step.name, "ends_former_releases": step.phase is Phase.CONTRACT},
            "$addToSet": {"versions": step.version()},
            "$currentDate": {"completed_at": True},
        },
        upsert=True,
    )


@asynccontextmanager
async def _alone(say: Callable[[str], None]) -> AsyncIterator[None]:
    """Hold the lease within the block, whose task is cancelled, to raise LeaseLost, when it is lost."""
    token, is_told = uuid4().hex, False
    while not await hold_task(LEASE, token, LEASE_SECONDS):
        if not is_told:
            say("Another process migrates; waiting for it.")
            is_told = True
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    work, is_lost = asyncio.current_task(), False

    async def keep() -> None:
        nonlocal is_lost
        held_until = time.monotonic() + LEASE_SECONDS
        while True:
            await asyncio.sleep(LEASE_SECONDS / 3)
            try:
                async with asyncio.timeout(LEASE_SECONDS / 3):
                    is_lost = not await hold_task(LEASE, token, LEASE_SECONDS)
                held_until = time.monotonic() + LEASE_SECONDS
            except (PyMongoError, TimeoutError):
                # Cut off: what was held is held until it has run out.
                is_lost = time.monotonic() > held_until - LEASE_SECONDS / 3
            if is_lost:
                assert work is not None
                work.cancel()
                return

    keeper = asyncio.create_task(keep(), name="lease of the migration")
    try:
        yield
    except asyncio.CancelledError:
        if is_lost:
            raise LeaseLost from None
        raise
    finally:
        await end_tasks([keeper])
        # Where it cannot be given back it runs out.
        with contextlib.suppress(PyMongoError):
            await hold_task(LEASE, token, 0)
