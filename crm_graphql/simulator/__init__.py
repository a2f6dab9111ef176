"""The vendor simulator: an HTTP service of its own that takes messages, sends none, and tells what it saw."""

from crm_graphql.simulator.server import run

__all__ = ["run"]
