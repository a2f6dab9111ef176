"""Failures of commands: one sentence a person can act on, and an exit code."""

from __future__ import annotations

import os

from pymongo.errors import PyMongoError

from crm_graphql.bus.port import BusError
from crm_graphql.client.api import ApiAway, ApiRefused
from crm_graphql.core.errors import DomainError
from crm_graphql.core.settings import SettingsError
from crm_graphql.local.mongod import LocalServerError
from crm_graphql.migrations.indexes import CannotMigrate
from crm_graphql.migrations.queries import NotMigrated
from crm_graphql.mongo.servers import ServerUnfit

WRONG_INPUT = 2
"""The exit code of what the person can mend: arguments, settings, a file, a server that is not there."""


class CommandFailed(Exception):
    """The command cannot do what was asked; the message says why and what to do."""

    def __init__(self, message: str, *, exit_code: int = WRONG_INPUT) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def sentence_of(error: Exception) -> tuple[str, int]:
    """What to tell the person about `error`, without a trace, and the exit code."""
    match error:
        case CommandFailed():
            return str(error), error.exit_code
        case SettingsError() | LocalServerError() | DomainError() | ApiRefused() | ApiAway():
            return str(error), WRONG_INPUT
        case ServerUnfit() | NotMigrated() | CannotMigrate():
            return str(error), WRONG_INPUT
        case PyMongoError():
            reason = str(error).split(" (configured timeouts")[0].split(", Timeout:")[0][:300]
            return f"MongoDB cannot be used: {reason}. Look at CRM_MONGODB_URL.", WRONG_INPUT
        case BusError():
            return f"The message broker cannot be used: {error}. Look at CRM_AMQP_URL.", WRONG_INPUT
        case OSError():
            return f"{error.filename or 'The system'}: {error.strerror or error}", WRONG_INPUT
    return (
        f"Something unexpected went wrong: {type(error).__name__}: {str(error)[:300]}. "
        "CRM_LOG_LEVEL=DEBUG shows where.",
        WRONG_INPUT,
    )


def wants_traces() -> bool:
    """Whether the person asked to see traces."""
    return os.environ.get("CRM_LOG_LEVEL") == "DEBUG"
