"""Reading of files beside other work."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator

import xlsxwriter

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.reading import FileReading
from crm_graphql.imports.tables import FileHints

ROWS = 40_000


def workbook() -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["Email", "Name", "City"])
    for row in range(1, ROWS + 1):
        sheet.write_row(row, 0, [f"p{row}@example.com", f"Name {row}", "Oslo"])
    book.close()
    return out.getvalue()


async def test_others_have_their_turn_while_a_workbook_is_opened() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.001)
            turns += 1

    async def body() -> AsyncIterator[bytes]:
        yield book

    book = workbook()
    running = asyncio.create_task(others())
    reading = await FileReading.begin(IngestionKind.CUSTOMERS, FileHints(), body())
    running.cancel()
    assert turns > 20
    assert reading.headings == ["Email", "Name", "City"]
