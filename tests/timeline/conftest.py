"""Fixtures of these tests: the API in this process."""

from tests.gql.conftest import api as api
