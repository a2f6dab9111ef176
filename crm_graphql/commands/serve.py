"""`crm serve`: the API for production; the consumers are processes of their own."""

from __future__ import annotations

import asyncio
import signal
from types import FrameType
from typing import Annotated

import typer
import uvicorn
from starlette.applications import Starlette

from crm_graphql import logs
from crm_graphql.app import create_app
from crm_graphql.commands.failing import CommandFailed
from crm_graphql.commands.shell import command_app
from crm_graphql.core.settings import BusKind, Settings, SettingsError, load_settings
from crm_graphql.local.given_mongodb import check_given_mongodb
from crm_graphql.local.mongod import is_free
from crm_graphql.resources import look_before
from crm_graphql.server.uvicorn import options

app = command_app()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Instead of CRM_HOST.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Instead of CRM_PORT.")] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Processes that share the port.")] = 1,
) -> None:
    """Serve the API: HTTP, subscriptions, ingest doors, receipts, health, metrics.

    It needs MongoDB, RabbitMQ and real secrets; `crm settings` lists all that can be set. The queued work is
    done by consumers, `python -m consumers`, as many as are needed. SIGTERM lets requests finish.
    """
    settings = _serving_settings()
    listen_on, at = host or settings.host, port or settings.port
    if listen_on == "127.0.0.1" and not is_free(at):
        raise CommandFailed(f"Port {at} is in use. Stop what listens there, or choose another: --port.")
    check_given_mongodb(settings.mongodb_url)
    asyncio.run(look_before(settings))
    # uvicorn drains, and then raises the signal once more: that is an orderly end.
    signal.signal(signal.SIGTERM, _exit)
    uvicorn.run(
        "crm_graphql.commands.serve:make_app",
        factory=True,
        host=listen_on,
        port=at,
        workers=workers,
        **options(settings),
    )


def _exit(_number: int, _frame: FrameType | None) -> None:
    raise typer.Exit


def make_app() -> Starlette:
    """The API of one process; each of several workers calls it."""
    settings = _serving_settings()
    logs.configure(settings)
    return create_app(settings)


def _serving_settings() -> Settings:
    settings = load_settings()
    settings.require_secrets()
    if settings.bus is BusKind.EMBEDDED:
        raise SettingsError(
            "CRM_BUS is embedded, which is one process only and for development: run `crm dev`, "
            "or set CRM_BUS=rabbitmq and CRM_AMQP_URL."
        )
    return settings
