"""`python -m consumers`: one consumer process, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys

from crm_graphql.core.garbage import freeze_what_is_started, uncollected_imports

with uncollected_imports():
    import uvloop
    from pymongo.errors import PyMongoError
    from structlog import get_logger

    from consumers.runner import Runner
    from crm_graphql import logs
    from crm_graphql.bus.port import BusError
    from crm_graphql.core.settings import BusKind, Settings, SettingsError, load_settings
    from crm_graphql.migrations.queries import NotMigrated
    from crm_graphql.mongo.servers import ServerUnfit
    from crm_graphql.resources import open_resources

_log = get_logger(__name__)


async def run(settings: Settings) -> None:
    """Consume until a signal, then drain. Prints `ready` on a line of its own when messages are taken."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with open_resources(settings) as resources:
        runner = Runner(resources)
        await resources.deployment.start()
        await runner.start()
        freeze_what_is_started()
        try:
            print("ready", flush=True)  # noqa: T201
            await stopping.wait()
            _log.info("draining")
        finally:
            await runner.stop()
            await resources.deployment.close()


def main() -> int:
    """The exit code: 2 for settings that cannot be used, 1 for servers that cannot be used."""
    try:
        settings = load_settings()
        settings.require_secrets()
        if settings.bus is BusKind.EMBEDDED:
            raise SettingsError(
                "CRM_BUS is embedded, which is one process only: run `python -m consumers.embedded`, "
                "or set CRM_BUS=rabbitmq."
            )
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    logs.configure(settings)
    try:
        uvloop.run(run(settings))
    except (ServerUnfit, NotMigrated, SettingsError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    except PyMongoError as error:
        print(f"MongoDB cannot be used (CRM_MONGODB_URL): {str(error)[:300]}", file=sys.stderr)  # noqa: T201
        return 1
    except BusError as error:
        print(f"RabbitMQ cannot be used (CRM_AMQP_URL): {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
