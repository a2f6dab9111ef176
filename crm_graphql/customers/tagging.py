"""Tag changes of one customer: what adding, taking away and renaming make of its tags and their version.

A record or an edit replaces all tags; a change adds or takes away some. Changes of other tags commute, so one
is measured against the newest replacement alone: whatever replaced the tags after the change was asked for
stays as it is. For replacements a change is a newer version of the tags, so that an older file which comes
later does not undo it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

TAGS_LIMIT = 100
"""Tags of one customer; ingestion takes no more either."""

TAG_FIELDS = ("tags", "versions")
"""What a change reads of a customer."""

CHANGED_TAGS = "tags_changed"
"""Among the versions: that of the newest change, while no replacement is newer."""
REPLACED_TAGS = "tags_replaced"
"""Among the versions: that of the replacement which the changes followed."""


class TooManyTags(Exception):
    """The customer would have more tags than it may."""


def folded_tags(tags: Sequence[str]) -> list[str]:
    """Tags as rules and lists compare them, in the same order."""
    return [tag.casefold() for tag in tags]


@dataclass(frozen=True, slots=True)
class TagChange:
    """Tags to add, as they are written, and tags to take away, in folded case; what is added stays."""

    version: int
    add: tuple[str, ...] = ()
    remove: frozenset[str] = frozenset()

    def of(self, tags: Sequence[str]) -> list[str]:
        """The tags afterwards. A tag that is there in other letters is there."""
        kept = [tag for tag in tags if tag.casefold() not in self.remove]
        there = {tag.casefold() for tag in kept}
        return kept + [tag for tag in self.add if tag.casefold() not in there]


@dataclass(frozen=True, slots=True)
class TagRenaming:
    """A tag that gets another name, or none: then it goes. It takes the place of the first of them."""

    version: int
    tag: str
    """In folded case."""
    to: str | None

    def of(self, tags: Sequence[str]) -> list[str]:
        """The tags afterwards: where both were there, the new name alone."""
        gone = {self.tag} if self.to is None else {self.tag, self.to.casefold()}
        if self.tag not in folded_tags(tags):
            return list(tags)
        kept: list[str] = []
        waiting = self.to
        for tag in tags:
            if tag.casefold() not in gone:
                kept.append(tag)
            elif waiting is not None:
                kept.append(waiting)
                waiting = None
        return kept


def changed_tags(
    customer: Mapping[str, Any], change: TagChange | TagRenaming
) -> tuple[list[str], dict[str, int]] | None:
    """The customer's tags after the change, and what of its versions moves; None where replaced since.

    Raises TooManyTags where tags are added beyond the limit.
    """
    versions: Mapping[str, int] = customer["versions"]
    newest = versions.get("tags", -1)
    has_changes = CHANGED_TAGS in versions and versions[CHANGED_TAGS] == newest
    replaced = versions.get(REPLACED_TAGS, -1) if has_changes else newest
    if replaced >= change.version:
        return None
    before: list[str] = customer["tags"]
    after = change.of(before)
    if len(after) > max(len(before), TAGS_LIMIT):
        raise TooManyTags
    newest = max(newest, change.version)
    # Also where the tags are so already: an older file may still be on its way.
    return after, {"tags": newest, CHANGED_TAGS: newest, REPLACED_TAGS: replaced}
