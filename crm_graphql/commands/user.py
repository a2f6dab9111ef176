"""`crm user`: making users, listing them, and links to set a password, for operators without a browser."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from crm_graphql.accounts.documents import LinkPurpose
from crm_graphql.accounts.links import make_link
from crm_graphql.accounts.queries import find_user_by_email, list_users
from crm_graphql.accounts.users import create_user
from crm_graphql.audit.service import record
from crm_graphql.commands.shell import command_app
from crm_graphql.commands.storage import OPERATOR, on_storage
from crm_graphql.commands.target import DataDirOption, server_url
from crm_graphql.core.actor import Role
from crm_graphql.core.errors import NotFound
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import MAX_PAGE_SIZE, PageRequest, Row
from crm_graphql.core.times import format_moment
from crm_graphql.resources import Resources

app = command_app(no_args_is_help=True, help="People who may sign in: make, list, hand out links.")

Email = Annotated[str, typer.Argument(help="Their address.")]


@app.command()
def create(
    email: Email,
    role: Annotated[Role, typer.Option(case_sensitive=False, help="What they may do.")] = Role.VIEWER,
    name: Annotated[str | None, typer.Option(help="What they are called.")] = None,
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """Make a user, and print the one-time link by which they set their password.

    The first user may be made so too, instead of registering with the setup code.
    """

    async def make(resources: Resources) -> str:
        user = await create_user(OPERATOR, email=email, name=name, role=role, clock=resources.clock)
        return await _link(resources, user, LinkPurpose.INVITATION, "userCreate", data_dir)

    typer.echo(on_storage(data_dir, make))


@app.command("reset-password")
def reset_password(email: Email, data_dir: Annotated[Path | None, DataDirOption] = None) -> None:
    """Print a one-time link by which the user sets a new password. The old one works until then."""

    async def make(resources: Resources) -> str:
        user = await find_user_by_email(email)
        if user is None:
            raise NotFound(f"There is no user {email}. `crm user list` shows all.")
        return await _link(resources, user, LinkPurpose.RESET, "userPasswordReset", data_dir)

    typer.echo(on_storage(data_dir, make))


@app.command("list")
def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a line.")] = False,
    data_dir: Annotated[Path | None, DataDirOption] = None,
) -> None:
    """List all users, oldest first."""

    async def read(_resources: Resources) -> list[Row]:
        found: list[Row] = []
        page = PageRequest.of(first=MAX_PAGE_SIZE)
        while True:
            rows = await list_users(OPERATOR, page)
            found += rows.rows
            if not rows.has_next:
                return found
            last = found[-1]
            page = PageRequest(MAX_PAGE_SIZE, (last["created_at"], last["_id"]))

    users = on_storage(data_dir, read)
    for user in users:
        if as_json:
            sys.stdout.write(msgspec.json.encode(_shown(user)).decode() + "\n")
        else:
            state = "" if user["is_active"] else "  deactivated"
            typer.echo(f"{user['email']}  {user['role'].lower()}{state}")
    if not users:
        typer.echo("There are no users. Make the first: crm user create EMAIL --role admin", err=True)


async def _link(
    resources: Resources, user: Row, purpose: LinkPurpose, action: str, data_dir: Path | None
) -> str:
    settings = resources.settings.model_copy(update={"public_url": server_url(None, data_dir)})
    url = await make_link(OPERATOR, user["_id"], purpose, settings=settings, clock=resources.clock)
    await record(
        OPERATOR,
        action,
        subject_id=encode_id("User", user["_id"]),
        succeeded=True,
        settings=settings,
        clock=resources.clock,
    )
    return url


def _shown(user: Row) -> dict[str, Any]:
    seen = user.get("last_seen_at")
    return {
        "id": encode_id("User", user["_id"]),
        "email": user["email"],
        "name": user.get("name"),
        "role": user["role"],
        "isActive": user["is_active"],
        "createdAt": format_moment(user["created_at"]),
        "lastSeenAt": format_moment(seen) if seen else None,
    }
