"""Findings: what stands in the way of a launch, and what one may have overlooked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class FindingCode(Enum):
    """What was found. Those in BLOCKING keep a campaign from being launched, or leave nobody to write to."""

    MESSAGE_MISSING = "MESSAGE_MISSING"
    SUBJECT_MISSING = "SUBJECT_MISSING"
    MESSAGE_INVALID = "MESSAGE_INVALID"
    ATTACHMENT_INVALID = "ATTACHMENT_INVALID"
    ATTACHMENTS_TOO_LARGE = "ATTACHMENTS_TOO_LARGE"
    HEADER_MEDIA_INVALID = "HEADER_MEDIA_INVALID"
    AUDIENCE_INVALID = "AUDIENCE_INVALID"
    TOPIC_MISSING = "TOPIC_MISSING"
    END_OVER = "END_OVER"
    LAUNCH_REFUSED = "LAUNCH_REFUSED"
    NOBODY_REACHABLE = "NOBODY_REACHABLE"
    VALUE_UNKNOWN = "VALUE_UNKNOWN"
    VALUE_NEVER_KNOWN = "VALUE_NEVER_KNOWN"
    FOREIGN_PLACEHOLDER = "FOREIGN_PLACEHOLDER"
    DATE_PATTERN = "DATE_PATTERN"
    UNSUBSCRIBE_MISSING = "UNSUBSCRIBE_MISSING"
    LINK_INVALID = "LINK_INVALID"
    PICTURE_NOT_PUBLIC = "PICTURE_NOT_PUBLIC"
    HTML_CLIPPED = "HTML_CLIPPED"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found. `path` leads into the campaign, as the path of an error does."""

    code: FindingCode
    message: str
    path: tuple[str, ...]
    is_blocking: bool = False

    def under(self, *prefix: str) -> Finding:
        """The same finding, seen from further out."""
        return replace(self, path=(*prefix, *self.path))
