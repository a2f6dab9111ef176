"""The arranging of pieces before the grammar: commas, relative clauses, and signs that join nothing."""

from __future__ import annotations

from collections.abc import Sequence

from crm_graphql.assistant.reading.atoms import Asked
from crm_graphql.assistant.reading.sentence import Piece, Sentence, Sign

_JOINS = (Sign.AND, Sign.OR, Sign.PART, Sign.COMMA)
_ONE_VALUE = ("city", "country")


def arrange(sentence: Sentence) -> list[Piece]:
    """The pieces with nothing left open. Raises Asked where they can be joined in two ways."""
    pieces = _without_loose(_with_alternatives(sentence.pieces))
    _check_exclusions(pieces)
    _check_negations(pieces)
    pieces = _with_unions(pieces)
    pieces = _with_clauses(sentence, pieces)
    return _without_commas(pieces)


def _with_alternatives(pieces: Sequence[Piece]) -> list[Piece]:
    """ "And either A or B" with parentheses, up to the next "and"."""
    kept = list(pieces)
    while (start := next((at for at, one in enumerate(kept) if one.sign is Sign.EITHER), None)) is not None:
        depth, end, has_or = 0, start + 1, False
        while end < len(kept):
            sign = kept[end].sign
            depth += (sign is Sign.OPEN) - (sign is Sign.CLOSE)
            if depth < 0 or (depth == 0 and has_or and sign in (Sign.AND, Sign.PART, Sign.EXCEPT, Sign.WHO)):
                break
            has_or = has_or or (depth == 0 and sign is Sign.OR)
            end += 1
        inner = kept[start + 1 : end]
        kept[start:end] = [Piece(Sign.OPEN), *inner, Piece(Sign.CLOSE)] if has_or else inner
    return kept


def _without_loose(pieces: Sequence[Piece]) -> list[Piece]:
    """Without signs that join nothing; of several in a row the strongest counts."""
    kept: list[Piece] = []
    for piece in pieces:
        before = kept[-1].sign if kept else Sign.OPEN
        if piece.sign in _JOINS and before in (Sign.OPEN, Sign.EXCEPT):
            continue
        if piece.sign is Sign.WHO and (before in (Sign.OPEN, Sign.WHO) or not kept):
            continue
        is_end = piece.sign in (Sign.CLOSE, Sign.EXCEPT)
        if (is_end and before in (*_JOINS, Sign.WHO)) or (piece.sign in _JOINS and before is Sign.WHO):
            kept.pop()
        elif piece.sign in _JOINS and before in _JOINS:
            previous = kept.pop()
            if previous.sign is Sign.COMMA and piece.sign is Sign.AND:
                piece = Piece(Sign.PART, is_noun=piece.is_noun)
            elif piece.sign in (Sign.COMMA, Sign.PART) and previous.sign in (Sign.AND, Sign.OR):
                piece = previous
        kept.append(piece)
    return _without_end(kept)


def _without_end(kept: list[Piece]) -> list[Piece]:
    """Without signs at the end. Raises Asked for a word that promised more."""
    while kept and kept[-1].sign in (*_JOINS, Sign.WHO, Sign.EXCEPT, Sign.NOT):
        last = kept.pop()
        if last.sign in (Sign.AND, Sign.OR, Sign.EXCEPT, Sign.NOT):
            raise Asked("The request breaks off. How does it go on?")
    return kept


def _check_exclusions(pieces: Sequence[Piece]) -> None:
    """Raises Asked where it is open how far an "except" goes."""
    after = is_clause = False
    for index, piece in enumerate(pieces):
        if piece.sign is Sign.EXCEPT:
            after, is_clause = True, False
        elif piece.sign is Sign.WHO or piece.sign is Sign.OPEN:
            is_clause = True
        elif after and piece.sign in (Sign.COMMA, Sign.PART) and index < len(pieces) - 1:
            raise Asked("Does what comes after the comma hold for all, or for those who are left out?")
        elif after and piece.sign is Sign.AND and not is_clause and not piece.is_noun:
            raise Asked('Does what comes after "and" hold for all, or for those who are left out?')


def _check_negations(pieces: Sequence[Piece]) -> None:
    """Raises Asked where it is open how far a "not" goes: "not from Pune or tagged vip"."""
    for index, piece in enumerate(pieces[1:-1], start=1):
        before, after = pieces[index - 1], pieces[index + 1]
        is_open = before.is_negated and not after.is_negated and before.field != after.field
        if piece.sign is Sign.OR and is_open and before.is_noun and after.is_noun:
            raise Asked('Does the "not" hold for both parts of the "or", or for the first alone?')


def _with_unions(pieces: Sequence[Piece]) -> list[Piece]:
    """ "People from Pune and people from Delhi" are both groups; "VIPs and people from Pune" could be either.

    Raises Asked for the latter."""
    kept, is_excluded = list(pieces), False
    for index, piece in enumerate(kept):
        is_excluded = is_excluded or piece.sign is Sign.EXCEPT
        if piece.sign not in (Sign.AND, Sign.PART) or not piece.is_noun:
            continue
        before, after = kept[index - 1], kept[index + 1] if index + 1 < len(kept) else piece
        if is_excluded or (before.field == after.field and before.field in _ONE_VALUE):
            kept[index] = Piece(Sign.OR)
        else:
            raise Asked('Are those meant for whom both hold, or is "and" meant as "or"?')
    return kept


def _with_clauses(sentence: Sentence, pieces: Sequence[Piece]) -> list[Piece]:
    """A clause with "who" holds for all nouns before it: "VIPs or wholesale customers who spent 5k"."""
    kept: list[Piece] = []
    for piece in pieces:
        if piece.sign is not Sign.WHO:
            kept.append(piece)
            continue
        start = _group_start(kept)
        group = kept[start:]
        if start and kept[start - 1].sign is Sign.EXCEPT and group and group[-1].is_noun:
            sentence.assume('What comes after "who" was read to hold for those who are left out.')
        nouns = [one for one in group if one.sign is Sign.CONDITION]
        if not any(one.sign is Sign.OR for one in group) or not all(one.is_noun for one in nouns):
            continue
        if group[-1].sign is Sign.CONDITION:
            kept[start:] = [Piece(Sign.OPEN), *group, Piece(Sign.CLOSE)]
            if len({one.field for one in nouns}) > 1:
                sentence.assume('What comes after "who" was read to hold for all who are named before it.')
    return kept


def _group_start(kept: Sequence[Piece]) -> int:
    """Where the group begins that the last piece is of."""
    depth = 0
    for index in range(len(kept) - 1, -1, -1):
        sign = kept[index].sign
        depth += (sign is Sign.CLOSE) - (sign is Sign.OPEN)
        if depth < 0 or (depth == 0 and sign in (Sign.EXCEPT, Sign.PART)):
            return index + 1
    return 0


def _without_commas(pieces: Sequence[Piece]) -> list[Piece]:
    """Each comma as what it stands for: the word that ends its list, or else "and"."""
    kept = list(pieces)
    for index, piece in enumerate(kept):
        if piece.sign is Sign.COMMA:
            kept[index] = Piece(_meaning(kept, index))
        elif piece.sign is Sign.PART and not _has_or(kept, index):
            kept[index] = Piece(Sign.AND)
    return kept


def _meaning(pieces: Sequence[Piece], index: int) -> Sign:
    depth = 0
    for ahead in range(index + 1, len(pieces)):
        sign = pieces[ahead].sign
        depth += (sign is Sign.OPEN) - (sign is Sign.CLOSE)
        if depth < 0 or sign is Sign.EXCEPT:
            break
        if depth == 0 and sign in (Sign.AND, Sign.OR, Sign.PART):
            if sign is Sign.OR and pieces[index - 1].is_noun != pieces[ahead - 1].is_noun:
                raise Asked('Does the "or" hold for all parts of the list, or for the last two alone?')
            return Sign.OR if sign is Sign.OR else Sign.AND
    return Sign.AND


def _has_or(pieces: Sequence[Piece], index: int) -> bool:
    """Whether there is an "or" beside the sign, in the same parentheses."""
    for step in (-1, 1):
        depth, at = 0, index + step
        while 0 <= at < len(pieces) and depth >= 0:
            sign = pieces[at].sign
            depth += step * ((sign is Sign.OPEN) - (sign is Sign.CLOSE))
            if depth == 0 and sign is Sign.OR:
                return True
            at += step
    return False
