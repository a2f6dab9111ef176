"""Attribute values of HTML as browsers read them: in an address `&copy=1` is a parameter, no sign."""

from __future__ import annotations

import html
import re
from html.entities import html5

# A name without a semicolon is one to its end only, and not before an equals sign (HTML, 13.2.5.73).
_REFERENCE = re.compile(r"&(?:#[0-9a-fA-FxX]+;?|([a-zA-Z][a-zA-Z0-9]*)(?:;|(?![a-zA-Z0-9=;])))")


def attribute_value(written: str) -> str:
    """What a written value says, its character references replaced."""
    return _REFERENCE.sub(_character, written)


def _character(reference: re.Match[str]) -> str:
    is_one = reference[1] is None or reference[0][1:] in html5
    return html.unescape(reference[0]) if is_one else reference[0]
