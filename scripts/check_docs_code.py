"""Code in the docs that is a file too: a block under `<!-- file: PATH -->` is that file, to the letter.

With --write the blocks are written from the files. Paths are relative to the document.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

BLOCK = re.compile(r"^<!-- file: (?P<path>\S+) -->\n```\w*\n(?P<code>.*?)^```$", re.DOTALL | re.MULTILINE)
MARK = re.compile(r"^<!-- file:", re.MULTILINE)


def with_files(document: Path, text: str) -> str:
    """The document with each block as its file has it. Raises OSError for a file that is not there."""

    def block(found: re.Match[str]) -> str:
        code = (document.parent / found["path"]).read_text(encoding="utf-8")
        start = found.start("code") - found.start()
        end = found.end("code") - found.start()
        return f"{found[0][:start]}{code}{found[0][end:]}"

    return BLOCK.sub(block, text)


def offenders(root: Path, *, write: bool) -> Iterator[str]:
    """A line for each document whose blocks are not their files; with `write` it is mended as well."""
    for document in sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")]):
        text = document.read_text(encoding="utf-8")
        place = document.relative_to(root)
        if len(MARK.findall(text)) != len(BLOCK.findall(text)):
            yield f"{place}: a line `<!-- file: PATH -->` has no block of code right below it"
            continue
        try:
            wanted = with_files(document, text)
        except OSError as error:
            yield f"{place}: {error}"
            continue
        if wanted != text and write:
            document.write_text(wanted, encoding="utf-8")
        elif wanted != text:
            yield f"{place}: code is not what its file says; run scripts/check_docs_code.py --write"


def main() -> int:
    """Print the offenders; 1 if there are any."""
    found = list(offenders(Path.cwd(), write="--write" in sys.argv[1:]))
    for offender in found:
        print(offender)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
