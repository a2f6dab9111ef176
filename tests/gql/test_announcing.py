"""Domains announce what they have in their `schema` package, whichever of them is imported first."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest

from crm_graphql.core.domains import domain_modules
from crm_graphql.schema import DOMAINS

DOMAIN_SCHEMAS = [module for module in domain_modules("schema") if hasattr(module, "__path__")]


@pytest.mark.parametrize("domain", DOMAIN_SCHEMAS, ids=lambda domain: domain.__name__)
def test_a_domains_schema_can_be_imported_first(domain: ModuleType) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {domain.__name__}.types"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_every_domain_with_a_schema_is_put_into_the_schema_once() -> None:
    assert sorted(domain.__name__ for domain in DOMAINS) == [domain.__name__ for domain in DOMAIN_SCHEMAS]


def test_a_domain_announces_its_root_fields_in_tuples_and_none_that_is_empty() -> None:
    for domain in DOMAINS:
        announced = [
            vars(domain)[kind] for kind in ("QUERIES", "MUTATIONS", "SUBSCRIPTIONS") if kind in vars(domain)
        ]
        assert announced, domain
        assert all(isinstance(fields, tuple) and fields for fields in announced), domain
