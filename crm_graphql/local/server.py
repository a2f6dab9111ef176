"""A development server: its processes, their settings, its addresses, its banner."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from crm_graphql.accounts.setup_code import setup_code
from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import BusKind, Settings
from crm_graphql.core.settings.channels import EmailVendor, SmsVendor, WhatsappVendor
from crm_graphql.local.data_dir import DataDir, Ports, Running
from crm_graphql.local.given_mongodb import OR_A_PRIVATE_ONE, check_given_mongodb
from crm_graphql.local.memory import default_cache_gib, memory_bytes
from crm_graphql.local.mongod import LocalServerError, Mongod, find_mongod, free_port, is_free
from crm_graphql.local.processes import Child, Service

TOKEN_TTL = timedelta(hours=12)
"""Of the tokens that it prints: a day of work."""

CHILD_GRACE_SECONDS = 3.0
API_STOP_SECONDS = 4.5
SIMULATOR_STOP_SECONDS = 1.0
"""What each gets to finish; with mongod's it stays well below ten seconds, even if none of them reacts."""


@dataclass(frozen=True, slots=True)
class DevServer:
    """One development server's addresses and settings, fixed before anything starts."""

    settings: Settings
    """As the children see them."""
    data_dir: DataDir
    ports: Ports
    private_mongodb: bool

    @classmethod
    def plan(cls, settings: Settings, data_dir: DataDir, port: int) -> DevServer:
        """Look at what is needed before anything starts; the folder must be locked.

        Raises LocalServerError that names a port in use or the MongoDB that cannot be had; SettingsError for
        a weak secret.
        """
        if port and not is_free(port):
            raise LocalServerError(
                f"Port {port} is in use. Stop what listens on 127.0.0.1:{port}, or choose another: --port."
            )
        private_mongodb = "mongodb_url" not in settings.model_fields_set
        if private_mongodb:
            find_mongod()
        else:
            check_given_mongodb(settings.mongodb_url, instead=OR_A_PRIVATE_ONE)
        ports = data_dir.ports()
        decided = _decide(settings, data_dir, ports, port or free_port(), private_mongodb=private_mongodb)
        decided.require_secrets()
        return cls(decided, data_dir, ports, private_mongodb)

    @property
    def port(self) -> int:
        """Where the API listens."""
        return self.settings.port

    @property
    def url(self) -> str:
        """Where this machine reaches the API."""
        return f"http://127.0.0.1:{self.port}"

    def token(self) -> str:
        """An operator's token of it, with every permission."""
        return mint_token(self.settings, Role.ADMIN, TOKEN_TTL)

    def dashboard_url(self) -> str:
        """The dashboard, signed in as the explorer is; the explorer's page where it was not built."""
        return f"{self.url}/#token={self.token()}"

    def explorer_url(self) -> str:
        """The explorer, signed in: the page takes the token out of the fragment, which no server sees."""
        return f"{self.url}/graphql#token={self.token()}"

    @property
    def simulator_url(self) -> str:
        """Where messages are caught, for programs and for people."""
        return f"http://127.0.0.1:{self.ports.simulator}"

    def environment(self) -> dict[str, str]:
        """What the children see: this process's environment and what was decided here."""
        settings = self.settings
        decided = {
            "CRM_DEVELOPMENT": "true",
            "CRM_DATA_DIR": str(settings.data_dir),
            "CRM_MONGODB_URL": settings.mongodb_url,
            "CRM_BUS": settings.bus.value,
            "CRM_SECRET_KEY": settings.secret_key.get_secret_value(),
            "CRM_WEBHOOK_SECRET": settings.webhook_secret.get_secret_value(),
            "CRM_HOST": settings.host,
            "CRM_PORT": str(settings.port),
            "CRM_PUBLIC_URL": settings.public_url,
            "CRM_VENDOR_URL": settings.vendor_url,
            "CRM_EMAIL_VENDOR": settings.email_vendor.value,
            "CRM_SMS_VENDOR": settings.sms_vendor.value,
            "CRM_WHATSAPP_VENDOR": settings.whatsapp_vendor.value,
            "CRM_SHUTDOWN_GRACE_SECONDS": str(settings.shutdown_grace_seconds),
            "CRM_LOG_JSON": "true",
        }
        return {**os.environ, **decided}

    def services(self) -> list[Service]:
        """The processes in the order of their start."""
        environment = self.environment()
        services: list[Service] = []
        if self.private_mongodb:
            cache_gib = self.settings.dev_cache_gib or default_cache_gib(memory_bytes())
            services.append(
                Mongod(self.data_dir.mongod, port=self.ports.mongod, cache_gb=cache_gib, bound_to_parent=True)
            )
        simulator = [
            *(sys.executable, "-m", "crm_graphql.simulator", "--port", str(self.ports.simulator)),
            *("--data-file", str(self.data_dir.path / "simulator.db")),
            *("--callback-url", f"{self.url}/webhooks/receipts"),
        ]
        services.append(
            Child(
                "simulator",
                simulator,
                environment,
                self.data_dir.log("simulator"),
                stop_seconds=SIMULATOR_STOP_SECONDS,
            )
        )
        # By name: only that module knows both the API and the consumers, and this package neither.
        api = [sys.executable, "-m", "consumers.embedded"]
        services.append(
            Child("api", api, environment, self.data_dir.log("api"), stop_seconds=API_STOP_SECONDS)
        )
        return services

    def running(self) -> Running:
        """What other commands need to reach it."""
        return Running(
            os.getpid(), self.url, self.settings.mongodb_url, self.settings.bus.value, self.simulator_url
        )

    def banner(self) -> str:
        """At most ten lines that a person can act on."""
        shown = shown_path(self.data_dir.path)
        name = command_name()
        folder = "" if self.data_dir.path == Path(".crm").absolute() else f" --data-dir {shown}"
        if self.private_mongodb:
            data = f"{shown} (database, secrets, logs)"
            reset = f"stop it, then: rm -r {shown}"
        else:
            data = f"the database {self.settings.mongodb_database} of CRM_MONGODB_URL; logs in {shown}/logs"
            reset = f"drop that database and: rm -r {shown}"
        return "\n".join(
            [
                "For development, not production: one database node without a password, generated secrets,",
                "and a vendor that only pretends to send.",
                f"  Dashboard      {self.dashboard_url()}",
                f"  Explorer       {self.explorer_url()}",
                f"  GraphQL        {self.url}/graphql, subscriptions at ws://127.0.0.1:{self.port}/graphql",
                f"  Token          {name} token{folder}; first user: setup code {setup_code(self.settings)}",
                f"  Data           {data}",
                f"  Messages       {self.simulator_url} (caught there; none leaves this machine)",
                f"  Reset          {reset}",
                "  Stop           Ctrl-C (twice: at once)",
            ]
        )


def _decide(
    settings: Settings, data_dir: DataDir, ports: Ports, port: int, *, private_mongodb: bool
) -> Settings:
    """The settings of the children: what the person set, and for the rest what lies in the folder."""
    chosen = settings.model_fields_set
    secrets = data_dir.secrets()
    decided: dict[str, object] = {
        "development": True,
        "data_dir": data_dir.path,
        "port": port,
        # Messages never leave the machine, whatever vendor the settings name.
        "vendor_url": f"http://127.0.0.1:{ports.simulator}",
        "email_vendor": EmailVendor.SIMULATOR,
        "sms_vendor": SmsVendor.SIMULATOR,
        "whatsapp_vendor": WhatsappVendor.SIMULATOR,
        "shutdown_grace_seconds": min(CHILD_GRACE_SECONDS, settings.shutdown_grace_seconds),
    }
    if private_mongodb:
        decided["mongodb_url"] = f"mongodb://127.0.0.1:{ports.mongod}/?replicaSet=rs0"
    if "bus" not in chosen and "amqp_url" not in chosen:
        decided["bus"] = BusKind.EMBEDDED
    if "public_url" not in chosen:
        decided["public_url"] = f"http://127.0.0.1:{port}"
    for name in ("secret_key", "webhook_secret"):
        if not getattr(settings, name).get_secret_value():
            decided[name] = SecretStr(getattr(secrets, name))
    return settings.model_copy(update=decided)


def command_name() -> str:
    """How this command is called from here: `crm`, or its path where it is not on PATH."""
    called = Path(sys.argv[0])
    if shutil.which("crm") or called.name != "crm":
        return "crm"
    return shown_path(called.absolute())


def shown_path(path: Path) -> str:
    """Relative where it lies below the current folder."""
    with contextlib.suppress(ValueError):
        return str(path.relative_to(Path.cwd()))
    return str(path)
