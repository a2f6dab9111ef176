"""Negotiation of the form of an answer, by the Accept header (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum


class Media(Enum):
    """What the API answers in."""

    JSON = "application/json"
    GRAPHQL = "application/graphql-response+json"
    EVENTS = "text/event-stream"
    HTML = "text/html"

    @property
    def content_type(self) -> str:
        """The header of such an answer."""
        return self.value if self is Media.EVENTS else f"{self.value}; charset=utf-8"


def is_json(content_type: str) -> bool:
    """Whether a Content-Type says JSON in UTF-8."""
    kind, *parameters = [part.strip().lower() for part in content_type.split(";")]
    charsets = [value.strip(' "') for name, _, value in (part.partition("=") for part in parameters)
                if name.strip() == "charset"]  # fmt: skip
    return kind == "application/json" and all(charset in ("utf-8", "utf8") for charset in charsets)


def _ranges(accept: str) -> list[tuple[str, float]]:
    """The media ranges in their order, each with its quality; what cannot be read is left out."""
    found = []
    for part in accept.split(","):
        media, *parameters = [piece.strip().lower() for piece in part.split(";")]
        quality, fits = 1.0, True
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                try:
                    quality = min(1.0, max(0.0, float(value)))
                except ValueError:
                    quality = 0.0
            elif name.strip() == "charset":
                fits = value.strip(' "') in ("utf-8", "utf8")
        if media and fits:
            found.append((media, quality))
    return found


def best_media(accept: str | None, offers: Sequence[Media]) -> Media | None:
    """The offer that the client takes best; None when it takes none. The first offer for `*/*` or no header.

    Between offers of the same quality, one that is named beats one that a wildcard covers, and of those named
    the one named first.
    """
    if accept is None or not accept.strip():
        return offers[0]
    ranges = _ranges(accept)

    def rank(offer: Media) -> tuple[float, int, int]:
        """Quality by the most specific range, how specific it is, and how early it stands."""
        kind = offer.value.partition("/")[0]
        for specificity, wanted in ((2, offer.value), (1, f"{kind}/*"), (0, "*/*")):
            for place, (media, quality) in enumerate(ranges):
                if media == wanted:
                    return quality, specificity, -place
        return 0.0, 0, 0

    best = max(offers, key=rank)
    return best if rank(best)[0] > 0 else None
