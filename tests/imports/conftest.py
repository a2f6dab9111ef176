"""The API, for what imports show of themselves."""

from tests.gql.conftest import api as api
