"""Files by id, and the customers that they are attached to, for all the objects of a request."""

from __future__ import annotations

from strawberry.dataloader import DataLoader

from crm_graphql.core.paging import Page, Row
from crm_graphql.gql.context import Context
from crm_graphql.gql.loaders import ChildPage, child_pages, rows_by_id
from crm_graphql.media.queries import attachments_of_media, media_by_ids

media_loader = rows_by_id(media_by_ids)


def attachments_of_media_loader(_context: Context) -> DataLoader[ChildPage, Page[Row]]:
    """The customers that a file is attached to, newest first."""
    return child_pages(attachments_of_media)
