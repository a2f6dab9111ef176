"""The cursor of a campaign's log of deliveries: which campaign, after which revision and row."""

from __future__ import annotations

from bson import ObjectId
from graphql import GraphQLError

from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import decode_cursor, encode_cursor
from crm_graphql.delivery.queries import LedgerPosition


def encode_position(campaign_id: ObjectId, position: LedgerPosition) -> str:
    """An opaque text for a place in the campaign's log."""
    return encode_cursor(campaign_id, position.revision, position.delivery)


def decode_position(campaign_id: ObjectId, text: str, *, newest: int) -> LedgerPosition:
    """The place that a cursor names.

    Raises InvalidInput for a text that is no cursor of this campaign, and CURSOR_EXPIRED for a place that
    its log does not have, as after the database was restored from an older copy.
    """
    match decode_cursor(text):
        case (ObjectId() as campaign, int() as revision, ObjectId() as delivery) if campaign == campaign_id:
            if revision > newest:
                raise GraphQLError(
                    "This cursor is not of the log that is here now. Read the deliveries again, then "
                    "subscribe without `after`.",
                    extensions={"code": "CURSOR_EXPIRED"},
                )
            return LedgerPosition(revision, delivery)
    raise InvalidInput("This is not a cursor of this campaign's deliveryUpdates.", path=("after",))
