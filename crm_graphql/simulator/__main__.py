"""`python -m crm_graphql.simulator`, the same as `crm simulator`."""

import typer

from crm_graphql.simulator.server import run

if __name__ == "__main__":
    typer.run(run)
