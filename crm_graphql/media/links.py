"""Links to files: signed ones for a while, and public ones for pictures in messages."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from enum import Enum

from crm_graphql.accounts.signed_links import check_signed, signed_query
from crm_graphql.core.clock import Clock
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.media.documents import MediaStatus
from crm_graphql.media.types import FILE_TYPES

PUBLIC_PATH = "/media/public"
_PURPOSE = "media"


class Shape(Enum):
    """What of a file a link opens; also the field that has the link."""

    WHOLE = "url"
    THUMBNAIL = "thumbnailUrl"

    @property
    def path(self) -> str:
        """What comes behind the file's id in the address."""
        return "" if self is Shape.WHOLE else "/thumbnail"


def signed_url(media: Row, shape: Shape, *, settings: Settings, clock: Clock) -> str | None:
    """Where the file lies for the next 15 minutes, for whoever has the link; None unless it is ready, and for
    a thumbnail that there is none of."""
    if media["status"] != MediaStatus.READY.value or (shape is Shape.THUMBNAIL and not media["thumbnail"]):
        return None
    query = signed_query(_PURPOSE, _subject(str(media["_id"]), shape), settings=settings, clock=clock)
    return f"{_root(settings)}/media/{media['_id']}{shape.path}?{query}"


def check_link(key: str, shape: Shape, query: Mapping[str, str], *, settings: Settings, clock: Clock) -> None:
    """Raise Forbidden unless the link was signed for this file, and is still good."""
    subject = _subject(key, shape)
    check_signed(_PURPOSE, subject, query, ask_again=shape.value, settings=settings, clock=clock)


def public_url(media: Row, *, settings: Settings) -> str | None:
    """Where anybody finds the picture; None where it is not published."""
    name = media.get("public_name")
    return None if name is None else f"{_root(settings)}{PUBLIC_PATH}/{name}"


def new_public_name(media: Row) -> str:
    """A name that nobody can guess, with the ending that mail programs like to see."""
    return secrets.token_urlsafe(24) + FILE_TYPES[media["content_type"]].extensions[0]


def _subject(key: str, shape: Shape) -> str:
    return f"{key}{shape.path}"


def _root(settings: Settings) -> str:
    return settings.public_url.rstrip("/")
