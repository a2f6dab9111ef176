"""`python -m crm_graphql` is the `crm` command."""

from crm_graphql.cli import app

app()
