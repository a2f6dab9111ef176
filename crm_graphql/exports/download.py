"""Downloads of exports: the parts of a file, one behind the other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from crm_graphql.core.paging import Row
from crm_graphql.exports.documents import ExportFormat
from crm_graphql.storage.port import Reading, Storage


def file_name(export: Row) -> str:
    """As it is saved."""
    content = "person" if export["person"] is not None else export["content"].lower()
    ending = ExportFormat(export["format"]).value.lower()
    return f"{content}-{export['as_of']:%Y%m%d-%H%M%S}.{ending}.gz"


class Download:
    """A file on its way out, in bounded memory. `close` it in any case."""

    def __init__(self, storage: Storage, parts: Sequence[Mapping[str, Any]], first: Reading) -> None:
        self._storage = storage
        self._rest = parts[1:]
        self._reading = first

    @classmethod
    async def open(cls, storage: Storage, export: Row) -> Download:
        """Raises ObjectMissing, StorageAway."""
        parts = export["file"]["parts"]
        return cls(storage, parts, await storage.get(parts[0]["key"]))

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The bytes. Raises StorageAway in the middle, which cuts the answer off."""
        try:
            async for piece in self._reading:
                yield piece
            for part in self._rest:
                await self._reading.close()
                self._reading = await self._storage.get(part["key"])
                async for piece in self._reading:
                    yield piece
        finally:
            await self.close()

    async def close(self) -> None:
        """Let go of the storage."""
        await self._reading.close()
