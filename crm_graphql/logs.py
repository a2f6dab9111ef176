"""Logs of a process: one JSON object a line, or lines for people, to stderr.

The code logs with structlog; what the libraries log through `logging` comes out in the same form. The request
id and whatever else is bound with `structlog.contextvars` stands in every line.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

from crm_graphql.core.settings import Settings

QUIET_LOGGERS = (
    *("uvicorn.access", "aio_pika", "aiormq", "pamqp", "pymongo", "asyncio"),
    *("httpx", "httpcore", "httpx2", "httpcore2", "openai"),
)
"""They log a line a request or a heartbeat at INFO; the product's own lines say more."""

_SECRET_KEYS = frozenset({"authorization", "token", "secret", "password", "cookie", "secret_key", "api_key"})
_SECRET_TEXTS = re.compile(
    r"eyJ[\w-]{5,}\.[\w-]+\.[\w-]*"  # JSON web tokens
    r"|whsec_[\w+/=-]+"
    r"|crm[kr]_[\w.-]+"  # API keys and refresh tokens
    r"|(?<=://)[^/\s:@\"]*:[^/\s@\"]+(?=@)"  # credentials in addresses
    r"|(?<=[Bb]earer )[^\s\"]+"
)


def configure(settings: Settings) -> None:
    """Log as the settings say, from now on. Call it once at the start of each process.

    Start uvicorn with `log_config=None`, otherwise it takes its loggers back.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        _without_secrets,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _RedactingFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_ending(settings)],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level)
    logging.captureWarnings(capture=True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    for name in QUIET_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def _ending(settings: Settings) -> list[Processor]:
    if not settings.log_json:
        # Rich's traces would break a token over lines, where nothing finds it any more.
        plain = structlog.dev.plain_traceback
        return [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(default=str)]


def _without_secrets(
    logger: object, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key in event:
        if key.lower() in _SECRET_KEYS:
            event[key] = "[not logged]"
    return event


class _RedactingFormatter(structlog.stdlib.ProcessorFormatter):
    """Takes tokens and credentials out of the finished line, wherever they came from."""

    def format(self, record: logging.LogRecord) -> str:
        return _SECRET_TEXTS.sub("[not logged]", super().format(record))
