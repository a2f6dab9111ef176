"""The data sets that tests hold the product against; README.md beside this file says where each is from."""

from __future__ import annotations

from pathlib import Path

CDNOW = Path(__file__).parent / "cdnow"
REQUESTS = Path(__file__).parent / "nl_rules.json"
GENERATED = Path(__file__).parent / "generated"
FIELD = Path(__file__).parent / "field"
