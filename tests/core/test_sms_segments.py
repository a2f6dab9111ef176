"""Segments of an SMS: as the standard counts them, and as a library that others keep does."""

from __future__ import annotations

import pytest
import smsutil
from hypothesis import example, given
from hypothesis import strategies as st

from crm_graphql.core.sms_segments import Alphabet, Segments, segments_of

GSM = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./09:;<=>?¡AZÄÖÑÜ§¿azäöñüà\f^{}\\[~]|€"
# smsutil sends an escape sign as itself: on a telephone it makes another sign of the next.
ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\x1b")


@pytest.mark.parametrize(
    ("text", "count", "alphabet"),
    [
        ("", 0, Alphabet.GSM_7),
        ("x", 1, Alphabet.GSM_7),
        ("x" * 160, 1, Alphabet.GSM_7),
        ("x" * 161, 2, Alphabet.GSM_7),
        ("x" * 306, 2, Alphabet.GSM_7),
        ("x" * 307, 3, Alphabet.GSM_7),
        ("€" * 80, 1, Alphabet.GSM_7),
        ("€" * 81, 2, Alphabet.GSM_7),
        # 153 is odd: each segment of pairs alone leaves a septet empty.
        ("€" * 152, 2, Alphabet.GSM_7),
        ("€" * 153, 3, Alphabet.GSM_7),
        # The pair does not fit behind 152 letters, so there are three segments of 306 septets.
        ("x" * 152 + "€" + "x" * 153, 3, Alphabet.GSM_7),
        ("ç", 1, Alphabet.UCS_2),
        ("ç" * 70, 1, Alphabet.UCS_2),
        ("ç" * 71, 2, Alphabet.UCS_2),
        ("ç" * 134, 2, Alphabet.UCS_2),
        ("ç" * 135, 3, Alphabet.UCS_2),
        ("😀" * 35, 1, Alphabet.UCS_2),
        ("😀" * 36, 2, Alphabet.UCS_2),
        # 67 is odd as well.
        ("😀" * 66, 2, Alphabet.UCS_2),
        ("😀" * 67, 3, Alphabet.UCS_2),
        # In UCS-2 the extension table counts no more.
        ("ç" + "€" * 69, 1, Alphabet.UCS_2),
    ],
)
def test_a_text_is_as_many_segments_as_the_standard_says(text: str, count: int, alphabet: Alphabet) -> None:
    found = segments_of(text)
    assert (found.count, found.alphabet) == (count, alphabet)


@pytest.mark.parametrize("character", "áç`‘’“”–—…\u00a0\t\x1b😀Ā")
def test_one_character_outside_makes_the_whole_text_ucs_2_and_is_named(character: str) -> None:
    assert segments_of(f"Hello {character} and {character} again") == Segments(
        1, Alphabet.UCS_2, (character,)
    )


def test_what_forces_ucs_2_is_named_once_in_the_order_of_the_text() -> None:
    assert segments_of("“Olá” — “olá”").forcing == ("“", "á", "”", "—")


def test_every_character_of_the_alphabet_is_in_it() -> None:
    assert segments_of(GSM).alphabet is Alphabet.GSM_7


@given(st.text(st.one_of(st.sampled_from(GSM), st.sampled_from("€|x")), max_size=700))
@example("x" * 152 + "€" + "x" * 153)
def test_texts_of_the_gsm_alphabet_count_as_smsutil_counts_them(text: str) -> None:
    assert segments_of(text).count == (len(smsutil.split(text).parts) if text else 0)


@given(st.text(st.one_of(ANY, st.sampled_from("😀ç€x")), min_size=1, max_size=300))
def test_any_text_counts_as_smsutil_counts_it(text: str) -> None:
    found, parts = segments_of(text), smsutil.split(text)
    assert found.count == len(parts.parts)
    assert (found.alphabet is Alphabet.UCS_2) == (parts.encoding == "utf_16_be")
    assert bool(found.forcing) == (found.alphabet is Alphabet.UCS_2)
