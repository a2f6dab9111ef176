"""The port of all readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from crm_graphql.imports.rows import InputRow


class Reader(Protocol):
    """Turns a body into rows, piece by piece; the same body gives the same rows however it is cut.

    `names` maps the fields to the names that the body uses for them; it is filled as they are seen.
    """

    names: dict[str, str]

    def feed(self, piece: bytes) -> Sequence[InputRow]:
        """The rows that `piece` completes. Raises InvalidInput when the body cannot be read at all."""

    def finish(self) -> Sequence[InputRow]:
        """The rows that the body's end completes. Raises InvalidInput for a body that ends too early."""
