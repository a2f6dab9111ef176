"""Names that people give to things: trimmed, of bounded length, storable."""

from __future__ import annotations

from collections.abc import Sequence

from crm_graphql.core.errors import InvalidInput, RequiredInput
from crm_graphql.core.texts import is_storable

NAME_LIMIT = 200
"""Characters of a name, where nothing else is said."""


def checked_name(
    raw: str | None, *, needed: str, limit: int = NAME_LIMIT, path: Sequence[str] = ("name",)
) -> str:
    """The name without the spaces around it.

    Raises RequiredInput, with the sentence `needed`, for none, and InvalidInput for one that is too long or
    no text.
    """
    name = (raw or "").strip()
    if not name:
        raise RequiredInput(needed, path=path)
    if len(name) > limit:
        raise InvalidInput(f"A name has at most {limit} characters.", path=path)
    if not is_storable(name):
        raise InvalidInput("The name holds characters that are no text.", path=path)
    return name
