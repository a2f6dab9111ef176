"""The target of a command: the server that it speaks to, its settings, secret and address."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import typer
from pydantic import SecretStr

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.commands.failing import CommandFailed
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import BusKind, Settings, SettingsError, load_settings
from crm_graphql.local.data_dir import DataDir

DataDirOption = typer.Option(
    envvar="CRM_DATA_DIR", show_default=".crm", help="The folder of the `crm dev` that is meant."
)


def folder_of(settings: Settings, data_dir: Path | None) -> DataDir:
    """The development server's folder that is meant."""
    return DataDir(data_dir or settings.data_dir)


def signing_settings(data_dir: Path | None) -> Settings:
    """Settings that hold the server's secrets: CRM_SECRET_KEY, else those of the data dir.

    Raises SettingsError when there are neither.
    """
    settings = load_settings()
    if settings.secret_key.get_secret_value():
        return settings
    folder = folder_of(settings, data_dir)
    secrets = folder.existing_secrets()
    if secrets is None:
        raise SettingsError(
            f"CRM_SECRET_KEY is not set, and no `crm dev` ever ran on {folder.path}. "
            "Set the variable, or name the folder with --data-dir."
        )
    return settings.model_copy(update={"secret_key": SecretStr(secrets.secret_key)})


def storage_settings(data_dir: Path | None) -> Settings:
    """Settings that reach the server's MongoDB and bus: those set, else those of the `crm dev` that runs."""
    settings = load_settings()
    running = folder_of(settings, data_dir).running()
    if running is None or "mongodb_url" in settings.model_fields_set:
        return settings
    changes = {"mongodb_url": running.mongodb_url, "bus": BusKind(running.bus)}
    return settings.model_copy(update=changes)


def vendor_settings(data_dir: Path | None) -> Settings:
    """Settings that name the server's vendors: those of the `crm dev` that runs, else those set."""
    settings = load_settings()
    running = folder_of(settings, data_dir).running()
    if running is None:
        return settings
    return settings.model_copy(update={"development": True, "vendor_url": running.simulator_url})


def server_url(url: str | None, data_dir: Path | None) -> str:
    """The API's address: the one given, else the `crm dev` that runs, else CRM_PUBLIC_URL.

    Raises CommandFailed for what is no HTTP address.
    """
    if url is None:
        settings = load_settings()
        running = folder_of(settings, data_dir).running()
        url = running.url if running else settings.public_url
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise CommandFailed(f'"{url}" is not an address like http://127.0.0.1:8000')
    return url.rstrip("/")


def server_token(
    token: str | None,
    url: str,
    data_dir: Path | None,
    ttl: timedelta,
    *,
    role: Role = Role.INGESTOR,
) -> str:
    """The token given, else one made here for the deployment that the settings or the data dir describe.

    Made only for this machine and CRM_PUBLIC_URL: another server must not get hold of it. Raises
    CommandFailed or SettingsError, naming the option, when there is none.
    """
    if token:
        return token
    settings = signing_settings(data_dir)
    own = {"127.0.0.1", "localhost", "::1", urlsplit(settings.public_url).hostname}
    if urlsplit(url).hostname not in own:
        raise CommandFailed(f"A token is needed for {url}: give it as CRM_TOKEN or with --token.")
    return mint_token(settings, role, ttl)
