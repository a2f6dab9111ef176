"""Handler of files that people sent by WhatsApp: fetch one into the media library."""

from __future__ import annotations

from consumers.work import Work
from crm_graphql.whatsapp.files import Fetching, fetch_file
from crm_graphql.whatsapp.graph import graph_api
from crm_graphql.whatsapp.messages import WhatsappFileArrived


async def handle_whatsapp_file(work: Work, message: WhatsappFileArrived) -> None:
    """Fetch the file that the message points at. Without an account it waits for one."""
    resources = work.resources
    api = graph_api(resources.settings, resources.http)
    if api is None:
        return
    tools = Fetching(
        *(api, resources.storage, resources.settings),
        *(resources.in_transaction, resources.bus, resources.clock),
    )
    await fetch_file(message.file_id, tools)
