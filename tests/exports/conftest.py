"""Fixtures of these tests: the API in this process, and files in a folder of their own."""

from tests.gql.conftest import api as api
