"""One-process mode: the API and the consumers in the same event loop. The only module that knows both."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crm_graphql.core.garbage import freeze_what_is_started, uncollected_imports

with uncollected_imports():
    import uvicorn
    from starlette.applications import Starlette

    from consumers.runner import Runner
    from crm_graphql import logs
    from crm_graphql.app import create_app as create_api
    from crm_graphql.core.settings import Settings, SettingsError, load_settings
    from crm_graphql.server.uvicorn import options


def create_app(settings: Settings) -> Starlette:
    """The API with consumers that start after it has connected, and stop before it lets go."""
    app = create_api(settings)
    api_lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[object]:
        async with api_lifespan(app) as state:
            runner = Runner(app.state.resources)
            await runner.start()
            freeze_what_is_started()
            try:
                yield state
            finally:
                await runner.stop()

    app.router.lifespan_context = lifespan  # type: ignore[assignment]
    return app


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; the exit code."""
    try:
        settings = load_settings()
        settings.require_secrets()
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    logs.configure(settings)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        **options(settings),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
