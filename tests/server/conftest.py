"""The API in this process, for the tests of its server."""

from __future__ import annotations

from tests.gql.conftest import api as api
