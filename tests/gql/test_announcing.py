"""Domains announce what they have in their `schema` package, whichever of them is imported first."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from crm_graphql.core.domains import domain_modules
from crm_graphql.schema import DOMAINS

DOMAIN_SCHEMAS = [module for module in domain_modules("schema") if hasattr(module, "__path__")]


IMPORTER = """
import gc, importlib, os, sys, traceback
gc.disable()
import aio_pika, beanie, cryptography.x509, httpx, starlette.routing, strawberry, structlog
for line in sys.stdin:
    child = os.fork()
    if not child:
        try:
            importlib.import_module(line.strip())
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""
"""Imports each module it is told in a fork that has nothing of the product yet, and says how that ended."""


@pytest.fixture(scope="module")
def importer() -> Iterator[subprocess.Popen[str]]:
    """A process that has imported what the product builds on, once for all domains."""
    with subprocess.Popen(
        [sys.executable, "-c", IMPORTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("domain", DOMAIN_SCHEMAS, ids=lambda domain: domain.__name__)
def test_a_domains_schema_can_be_imported_first(domain: ModuleType, importer: subprocess.Popen[str]) -> None:
    assert importer.stdin
    assert importer.stdout
    importer.stdin.write(f"{domain.__name__}.types\n")
    importer.stdin.flush()
    assert importer.stdout.readline() == "0\n", "its traceback is in the captured standard error"


def test_every_domain_with_a_schema_is_put_into_the_schema_once() -> None:
    assert sorted(domain.__name__ for domain in DOMAINS) == [domain.__name__ for domain in DOMAIN_SCHEMAS]


def test_a_domain_announces_its_root_fields_in_tuples_and_none_that_is_empty() -> None:
    for domain in DOMAINS:
        announced = [
            vars(domain)[kind] for kind in ("QUERIES", "MUTATIONS", "SUBSCRIPTIONS") if kind in vars(domain)
        ]
        assert announced, domain
        assert all(isinstance(fields, tuple) and fields for fields in announced), domain
