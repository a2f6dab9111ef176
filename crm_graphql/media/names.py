"""Names of files, made harmless: no paths, nothing that cannot be seen, nothing that a system takes amiss."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 120
"""Characters. With four bytes each still a name that any disk takes."""
NAMELESS = "file"

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_SPACE = re.compile(r"\s")
_SPACES = re.compile(" +")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_UNSEEN = ("C", "Zl", "Zp")
"""Controls, signs that turn the direction of writing, signs without width, halves of signs."""


def cleaned_name(given: str | None) -> str:
    """The name to keep of one that came with a file. Any text gives one."""
    last = re.split(r"[/\\]", given or "")[-1]
    spaced = _SPACE.sub(" ", unicodedata.normalize("NFC", last))
    seen = "".join(sign for sign in spaced if not unicodedata.category(sign).startswith(_UNSEEN))
    name = _FORBIDDEN.sub("_", _SPACES.sub(" ", seen)).strip(" .")
    if _DEVICES.match(name):
        name = f"_{name}"
    if len(name) > LONGEST:
        stem, dot, end = name.rpartition(".")
        kept = f".{end}" if dot and len(end) <= 10 else ""
        name = f"{(stem if kept else name)[: LONGEST - len(kept)].rstrip(' .')}{kept}"
    return name or NAMELESS
