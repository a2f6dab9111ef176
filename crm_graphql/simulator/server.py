"""The simulator's server: its command-line options, its port, its end."""

from __future__ import annotations

import binascii
import contextlib
import signal
import socket
import sqlite3
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
import uvicorn
from standardwebhooks.webhooks import EmptyWebhookSecretError
from starlette.applications import Starlette

from crm_graphql.core.settings import SettingsError, load_settings
from crm_graphql.simulator.app import SimulatorOptions, create_app
from crm_graphql.simulator.behaviour import Behaviour
from crm_graphql.simulator.store import Store


class _AnnouncingServer(uvicorn.Server):
    """Prints the ready line once requests are answered."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or []:
            host, port = listening.getsockname()[:2]
            typer.echo(f"ready http://{host}:{port}")


def run(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes a free one.")] = 8025,
    data_file: Annotated[
        Path | None, typer.Option(help="Where messages and owed receipts are kept; <data dir>/simulator.db.")
    ] = None,
    callback_url: Annotated[
        str | None,
        typer.Option(help="Where receipts go unless a call says so; CRM_PUBLIC_URL/webhooks/receipts."),
    ] = None,
    secret: Annotated[
        str | None, typer.Option(help="Signs receipts. Better given as CRM_WEBHOOK_SECRET: nobody sees that.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same keys the same fates.")] = 1,
    failed_share: Annotated[float, typer.Option(min=0, max=1, help="Share that fails by receipt.")] = 0.1,
    latency_ms: Annotated[float, typer.Option(min=0, help="From taking messages to the answer.")] = 0.0,
    receipt_delay_ms: Annotated[
        float, typer.Option(min=0, help="From taking a message to its receipt.")
    ] = 200.0,
) -> None:
    """Run the vendor simulator: takes messages, sends none, posts signed receipts, shows what it caught.

    How it behaves can be changed while it runs: POST /v1/control.
    """
    behaviour = Behaviour(failed_share=failed_share, latency_ms=latency_ms, receipt_delay_ms=receipt_delay_ms)
    try:
        app, listening = _prepare(host, port, data_file, callback_url, secret, seed, behaviour)
    except SettingsError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", ws="none", log_level="critical", timeout_graceful_shutdown=3
    )
    # uvicorn raises the signal that ended it once more, and both are orderly ends.
    signal.signal(signal.SIGTERM, _exit)
    with contextlib.suppress(KeyboardInterrupt):
        _AnnouncingServer(config).run(sockets=[listening])


def _prepare(
    host: str,
    port: int,
    data_file: Path | None,
    callback_url: str | None,
    secret: str | None,
    seed: int,
    behaviour: Behaviour,
) -> tuple[Starlette, socket.socket]:
    """The application and its bound socket. Raises SettingsError for what cannot work."""
    settings = load_settings()
    options = SimulatorOptions(
        seed=seed,
        secret=secret or settings.webhook_secret.get_secret_value(),
        callback_url=callback_url or f"{settings.public_url.rstrip('/')}/webhooks/receipts",
        behaviour=behaviour,
    )
    if not options.secret:
        raise SettingsError("CRM_WEBHOOK_SECRET is not set. The simulator signs its receipts with it.")
    listening = _listen(host, port)
    store = _open_store(data_file or settings.data_dir / "simulator.db")
    try:
        return create_app(store, options), listening
    except (binascii.Error, EmptyWebhookSecretError):
        raise SettingsError(
            "CRM_WEBHOOK_SECRET must be base64, with whsec_ before it or without. "
            "Make one with: openssl rand -base64 48"
        ) from None


def _exit(signal_number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        raise SettingsError(
            f"The simulator cannot listen on {host}:{port}: {error.strerror or error}. "
            "Choose another port with --port."
        ) from None
    return listening


def _open_store(file: Path) -> Store:
    try:
        return Store(file)
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(
            f"The simulator cannot use {file}: {error}. Choose another with --data-file."
        ) from None
