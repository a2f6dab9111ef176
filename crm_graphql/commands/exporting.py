"""`crm export`: customers, orders or deliveries of the running server into a file."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from crm_graphql.client.api import Api
from crm_graphql.client.exports import Export, file_of, make_export
from crm_graphql.commands import importing_options as option
from crm_graphql.commands.failing import CommandFailed
from crm_graphql.commands.shell import command_app
from crm_graphql.commands.target import DataDirOption, server_token, server_url
from crm_graphql.core.actor import Role

app = command_app()

TOKEN_TTL = timedelta(hours=12)
STANDARD_OUTPUT = Path("-")


class Kind(Enum):
    """What the file holds."""

    CUSTOMERS = "customers"
    ORDERS = "orders"
    DELIVERIES = "deliveries"


class Format(Enum):
    """How it is written."""

    CSV = "csv"
    NDJSON = "ndjson"


@app.command("export")
def export_file(
    kind: Annotated[Kind, typer.Argument(help="What the file holds.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file; .gz stays packed. - is standard output.")
    ],
    format: Annotated[
        Format | None, typer.Option(help="csv or ndjson; by default as the file is called.")
    ] = None,
    rule: Annotated[Path | None, typer.Option(help="A file with a rule in JSON: whoever matches.")] = None,
    audience: Annotated[str | None, typer.Option(metavar="ID", help="Whoever is in it.")] = None,
    customer: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY", help="By your own key. Of one alone everything that is held. Repeat it."),
    ] = None,
    campaign: Annotated[str | None, typer.Option(metavar="ID", help="Whom its ledger names.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="MOMENT", help="From then on.")] = None,
    until: Annotated[str | None, typer.Option(metavar="MOMENT", help="Before then.")] = None,
    url: option.UrlOption = None,
    token: option.TokenOption = None,
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """Export customers, orders or deliveries, as of one moment, in constant memory.

    `docs/exports.md` says what is in the file. One of customers, and one of orders, goes in again by
    `crm import`.
    """
    wanted = {
        "subject": kind.name,
        "format": (format or _format_of(output)).name,
        "customers": _customers(rule, audience, customer),
        "campaignId": campaign,
        "from": since,
        "until": until,
    }
    address = server_url(url, data_dir)
    api = Api(address, server_token(token, address, data_dir, TOKEN_TTL, role=Role.MARKETER))
    made = asyncio.run(_export(api, {name: one for name, one in wanted.items() if one is not None}, output))
    if made["note"]:
        typer.echo(made["note"], err=True)
    typer.echo(f"{made['rows']:,} rows as of {made['asOf']}", err=True)


def _format_of(output: Path) -> Format:
    is_ndjson = {".ndjson", ".jsonl", ".json"} & set(output.suffixes)
    return Format.NDJSON if is_ndjson else Format.CSV


def _customers(rule: Path | None, audience: str | None, keys: list[str] | None) -> dict[str, Any] | None:
    given: dict[str, Any] = {}
    if rule is not None:
        try:
            given["rule"] = json.loads(rule.read_bytes())
        except ValueError as error:
            raise CommandFailed(f"{rule} holds no rule in JSON: {error}") from None
    if audience is not None:
        given["audienceId"] = audience
    if keys:
        given["externalIds"] = keys
    if len(given) > 1:
        raise CommandFailed("Name a rule, an audience or customers: one of them.")
    return given or None


async def _export(api: Api, wanted: dict[str, Any], output: Path) -> Export:
    async with api:
        made = await make_export(api, wanted, lambda _: None)
        if made["status"] == "FAILED":
            raise CommandFailed(made["failureReason"])
        pieces = file_of(api, made)
        if output == STANDARD_OUTPUT:
            await _write(_unpacked(pieces), sys.stdout.buffer)
            return made
        # Whole or not there.
        beside = output.with_name(f"{output.name}.part")
        try:
            with beside.open("wb") as file:
                await _write(pieces if output.suffix == ".gz" else _unpacked(pieces), file)
            os.replace(beside, output)
        finally:
            beside.unlink(missing_ok=True)
    return made


async def _write(pieces: AsyncIterator[bytes], file: BinaryIO) -> None:
    async for piece in pieces:
        file.write(piece)


async def _unpacked(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packed = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    async for piece in pieces:
        yield packed.decompress(piece)
    yield packed.flush()
    if not packed.eof:
        raise CommandFailed("The file broke off. Export it again.")
