"""`crm simulator`: the vendor that only pretends to send."""

from __future__ import annotations

from crm_graphql.commands.shell import command_app
from crm_graphql.simulator.server import run

app = command_app()
app.command("simulator")(run)
