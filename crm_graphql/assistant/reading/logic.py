"""The logic of a sentence: how "and", "or", "but not" and parentheses join its conditions.

"And" binds tighter than "or", and what is said without a word between tighter still; a comma before "and"
parts more than "or" does; "except" holds for all that was said before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lark import Lark, Token, Transformer
from lark.exceptions import LarkError
from lark.lexer import Lexer

from crm_graphql.assistant.reading.arranging import arrange
from crm_graphql.assistant.reading.atoms import Asked
from crm_graphql.assistant.reading.sentence import Piece, RawRule, Sentence, Sign, negated

_GRAMMAR = r"""
?start: excluded
?excluded: parts
         | excluded EXCEPT parts -> except_for
         | EXCEPT parts          -> none_of
?parts: choices (PART choices)*
?choices: joined (OR joined)*
?joined: said (AND said)*
?said: one+
?one: NOT one                    -> negation
    | OPEN excluded CLOSE        -> inside
    | CONDITION
%declare EXCEPT PART OR AND NOT OPEN CLOSE CONDITION
"""
_MAX_NESTED = 20


class _Pieces(Lexer):
    """The pieces are the tokens already."""

    def __init__(self, lexer_conf: object) -> None:
        """Nothing is needed of the grammar's terminals."""

    def lex(self, tokens: Iterator[Token]) -> Iterator[Token]:  # type: ignore[override]
        """The tokens, one after the other."""
        yield from tokens


class _Joined(Transformer[Token, RawRule]):
    """The rule of a tree."""

    def CONDITION(self, token: Token) -> RawRule:  # noqa: N802
        """A condition is its rule."""
        rule: RawRule = token.value
        return rule

    def parts(self, parts: Sequence[RawRule | Token]) -> RawRule:
        return _group("all", parts)

    def choices(self, parts: Sequence[RawRule | Token]) -> RawRule:
        return _group("any", parts)

    joined = said = parts

    def negation(self, parts: Sequence[RawRule]) -> RawRule:
        return negated(parts[-1])

    def inside(self, parts: Sequence[RawRule]) -> RawRule:
        return parts[1]

    def except_for(self, parts: Sequence[RawRule]) -> RawRule:
        return _group("all", [parts[0], negated(parts[-1])])

    def none_of(self, parts: Sequence[RawRule]) -> RawRule:
        return negated(parts[-1])


def _group(key: str, parts: Sequence[RawRule | Token]) -> RawRule:
    """The parts under one key, without those groups of the same key that are in it already."""
    found: list[RawRule] = []
    for part in parts:
        if isinstance(part, Token):
            continue
        found += part.get(key, [part])
    return found[0] if len(found) == 1 else {key: found}


_PARSER = Lark(_GRAMMAR, parser="lalr", lexer=_Pieces)


def join(sentence: Sentence) -> RawRule | None:
    """The rule of the sentence's pieces; None where there is no condition. Raises Asked where the signs do
    not fit together, or leave open what belongs to what."""
    if not any(piece.sign is Sign.CONDITION for piece in sentence.pieces):
        return None
    pieces = arrange(sentence)
    if _depth(pieces) > _MAX_NESTED:
        raise Asked("The parentheses are nested too deep. How can it be said more simply?")
    tokens = [Token(piece.sign.value, piece.rule) for piece in pieces]
    try:
        return _Joined().transform(_PARSER.parse(tokens))
    except LarkError:
        raise Asked("How do the parts belong together? Parentheses that match make it clear.") from None


def _depth(pieces: Sequence[Piece]) -> int:
    deepest = depth = 0
    for piece in pieces:
        depth += (piece.sign is Sign.OPEN) - (piece.sign is Sign.CLOSE)
        deepest = max(deepest, depth)
    return deepest
