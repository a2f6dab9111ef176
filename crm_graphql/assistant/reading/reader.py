"""The reader of requests: from words to a rule, a question, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crm_graphql.assistant.outcomes import Reading, SuggestionOutcome
from crm_graphql.assistant.reading.atoms import Asked, Atom, Kind, Refused
from crm_graphql.assistant.reading.clauses import read_clauses
from crm_graphql.assistant.reading.contradictions import contradiction
from crm_graphql.assistant.reading.logic import join
from crm_graphql.assistant.reading.phrases import phrases_of
from crm_graphql.assistant.reading.refusals import refuse
from crm_graphql.assistant.reading.sentence import RawRule, Sentence, where
from crm_graphql.assistant.reading.tagging import tag
from crm_graphql.assistant.reading.titles import without_errand, without_title
from crm_graphql.assistant.vocabulary import Vocabulary
from crm_graphql.audiences.fields import RuleOperator
from crm_graphql.audiences.rules import Rule, parse
from crm_graphql.core.errors import InvalidInput

MAX_LENGTH = 2_000
SHOWN_WORDS = 5
_DESCRIBED = (Kind.CONDITION, Kind.AND, Kind.OR, Kind.NOT, Kind.OPEN, Kind.CLOSE)
"""What a sentence of `describe` is made of: a rule that somebody wrote is read as it is."""


def read(prompt: str, vocabulary: Vocabulary, *, now: datetime) -> Reading:
    """What `prompt` asks for, in the vocabulary's words.

    Pure and deterministic; never raises. A word that means something and is not understood is asked about,
    never left out.
    """
    try:
        return _read(prompt, vocabulary, now)
    except Asked as question:
        return Reading(SuggestionOutcome.QUESTION, None, (str(question),))
    except Refused as refusal:
        return Reading(SuggestionOutcome.REFUSED, None, (str(refusal),))


def _read(prompt: str, vocabulary: Vocabulary, now: datetime) -> Reading:
    if len(prompt) > MAX_LENGTH:
        raise Refused(f"A request has at most {MAX_LENGTH:,} characters.")
    phrases = phrases_of(vocabulary)
    # What stands in quotes is somebody's data.
    refuse(_without_quotes(prompt), phrases.own)
    tagged = tag(prompt, vocabulary, phrases)
    atoms = [atom for atom in tagged.atoms if atom.kind is not Kind.FILLER]
    if not any(_says_something(atom) for atom in atoms):
        raise Refused("No audience is asked for here. Say which customers are meant.")
    sentence = Sentence(atoms, vocabulary, now, notes=list(tagged.notes))
    without_title(sentence)
    without_errand(sentence)
    try:
        read_clauses(sentence)
        if sentence.negated:
            raise Asked("What is it that they are not, or did not do?")
        raw = join(sentence)
    except Asked:
        _ask_for_unknown(sentence.atoms)
        raise
    if raw is None:
        raw = _everybody(sentence)
    return _checked(raw, sentence, vocabulary, now)


def _checked(raw: RawRule, sentence: Sentence, vocabulary: Vocabulary, now: datetime) -> Reading:
    """The reading of a rule, once it has passed the checks that anybody's rule passes."""
    try:
        rule: Rule = parse(raw, vocabulary.rule_fields, default_country=vocabulary.country)
    except InvalidInput as error:
        raise Asked(f"That makes no rule: {error.problems[0].message}") from None
    if (found := contradiction(rule, now)) is not None:
        if any(atom.kind not in _DESCRIBED for atom in sentence.atoms):
            raise Asked(f"{found} What is meant of it?")
        sentence.note(found)
    outcome = SuggestionOutcome.ASSUMED if sentence.is_assumed else SuggestionOutcome.RULE
    return Reading(outcome, rule, tuple(sentence.notes))


def _everybody(sentence: Sentence) -> RawRule:
    """The rule of all customers, where they were named outright. Raises Asked where nothing was said."""
    if sentence.everybody:
        sentence.note("These are all customers.")
        return where("externalId", RuleOperator.IS_SET)
    raise Asked(
        "Which customers are meant? Say what they spent, how often or when they came, or where they live."
    )


def _says_something(atom: Atom) -> bool:
    return atom.kind not in (Kind.STOP, Kind.COMMA, Kind.COLON, Kind.ARTICLE, Kind.OPEN, Kind.CLOSE)


def _ask_for_unknown(atoms: Sequence[Atom]) -> None:
    """Raises Asked naming the words that nobody knows, if there are any: they explain the rest."""
    unknown = list(dict.fromkeys(atom.text for atom in atoms if atom.kind is Kind.UNREADABLE))
    if unknown:
        named = ", ".join(f'"{text[:40]}"' for text in unknown[:SHOWN_WORDS])
        more = f" and {len(unknown) - SHOWN_WORDS} more" if len(unknown) > SHOWN_WORDS else ""
        raise Asked(f"What is meant by {named}{more}? No one field or value here is called that.")


def _without_quotes(text: str) -> str:
    inside, kept = False, []
    escaped = False
    for sign in text:
        if sign == '"' and not escaped:
            inside = not inside
        if not inside or sign == '"':
            kept.append(sign)
        escaped = sign == "\\" and not escaped
    # A quote that never ends hides nothing.
    return text if inside else "".join(kept)
