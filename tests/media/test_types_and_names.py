"""Types and names of files, whatever bytes and signs they are made of."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from crm_graphql.core.settings import load_settings
from crm_graphql.media.names import LONGEST, cleaned_name
from crm_graphql.media.types import FILE_TYPES, WrongType, named_by_type, told_type

BEGINNINGS = (
    *(b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBP", b"%PDF-1.4"),
    *(
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"BM",
        b"II*\x00",
        b"\x1f\x8b",
        b"<",
        b"\x00\x00\x00 ftyp",
    ),
    b"PK\x03\x04" + bytes(22) + b"[Content_Types].xml",
)
ALLOWED = load_settings(_env_file=None).media_types


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=300), st.text(max_size=20))
def test_any_bytes_are_of_a_known_type_or_refused(beginning: bytes, rest: bytes, name: str) -> None:
    try:
        told = told_type(beginning + rest, name, ALLOWED)
    except WrongType:
        return
    assert told is FILE_TYPES[told.content_type]
    assert named_by_type(cleaned_name(name), told).lower().endswith(told.extensions)


@given(st.text(max_size=400) | st.lists(st.sampled_from('/\\.: \u202e\u200ba\0\n%"')).map("".join))
def test_any_text_makes_a_harmless_name(given_name: str) -> None:
    name = cleaned_name(given_name)
    assert 0 < len(name) <= LONGEST + 1
    assert not set(name) & set('/\\<>:"|?*\0')
    assert not any(unicodedata.category(sign).startswith("C") for sign in name)
    assert name[0] not in " ."
    assert name[-1] not in " ."
    assert cleaned_name(name) == name


def test_what_the_settings_allow_is_all_that_is_known() -> None:
    assert set(ALLOWED) == set(FILE_TYPES)
