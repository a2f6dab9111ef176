"""Logs: one form for all that is logged, and no secret in any of it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest

from crm_graphql.accounts.tokens import mint_token
from crm_graphql.core.actor import Role
from crm_graphql.core.settings import load_settings

PROGRAM = """
import logging, sys, structlog
from crm_graphql.core.settings import load_settings
from crm_graphql.logs import configure
configure(load_settings(_env_file=None, log_json=sys.argv[1] == "json", log_level="INFO"))
"""


def _run(code: str, form: str = "json") -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM + code, form], capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "", "logs go to stderr"
    return done.stderr


def _lines(code: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _run(code).splitlines()]


def test_each_line_is_one_object_with_time_level_and_the_request_id() -> None:
    (line,) = _lines(
        "structlog.contextvars.bind_contextvars(request_id='r-1')\n"
        "structlog.get_logger().info('chunk applied', records=2000)"
    )
    assert line.pop("timestamp").endswith("Z")
    assert line == {"event": "chunk applied", "records": 2000, "level": "info", "request_id": "r-1"}


def test_what_libraries_log_comes_in_the_same_form() -> None:
    (line,) = _lines(
        "structlog.contextvars.bind_contextvars(request_id='r-2')\n"
        "logging.getLogger('uvicorn.access').info('GET /')\n"
        "logging.getLogger('aio_pika.robust').info('reconnecting')\n"
        "logging.getLogger('uvicorn.error').warning('slow %s', 'client')"
    )
    line.pop("timestamp")
    assert line == {
        "event": "slow client",
        "level": "warning",
        "logger": "uvicorn.error",
        "request_id": "r-2",
    }


def test_a_trace_is_part_of_its_line() -> None:
    (line,) = _lines("try:\n  1 / 0\nexcept ArithmeticError:\n  structlog.get_logger().exception('no')")
    assert "ZeroDivisionError" in line["exception"]
    (line,) = _lines("try:\n  1 / 0\nexcept ArithmeticError:\n  logging.getLogger('x').exception('no')")
    assert "ZeroDivisionError" in line["exception"]


def test_for_people_it_prints_lines() -> None:
    text = _run("structlog.get_logger().warning('careful', place='here')", "console")
    assert "careful" in text
    assert "place=here" in text


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_secret_is_ever_logged(form: str) -> None:
    settings = load_settings(_env_file=None, secret_key="a-key-of-tests-5fW8qZr2TnXb7LmC-long-enough")
    token = mint_token(settings, Role.ADMIN, timedelta(hours=1))
    text = _run(
        f"structlog.get_logger().warning('in {token}', token='opaque-1', header='Bearer opaque-2')\n"
        "structlog.get_logger().warning('down', url='amqp://user:opaque-3@host/', key='whsec_opaque4')\n"
        f"try:\n  raise ValueError('{token}')\nexcept ValueError:\n  logging.getLogger('y').exception('no')",
        form,
    )
    assert "opaque" not in text
    assert token[:20] not in text
    assert "host" in text
