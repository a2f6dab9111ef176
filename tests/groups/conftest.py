"""Fixtures of these tests: the API in this process, and no waiting for imports that there are none of."""

from datetime import timedelta

import pytest

from crm_graphql.bulk import worker as worker_module
from tests.gql.conftest import api as api


@pytest.fixture(autouse=True)
def _settled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "SETTLED_AFTER", timedelta(seconds=0.05))
