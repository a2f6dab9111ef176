"""Titles and errands: what a request says before it says who is meant."""

from __future__ import annotations

from collections.abc import Sequence

from crm_graphql.assistant.reading.atoms import Atom, Kind, Refused
from crm_graphql.assistant.reading.sentence import Sentence

_LONGEST = 6
_LONGEST_ERRAND = 12
_IS_SAID = (Kind.CONDITION, Kind.VALUE, Kind.QUOTED, Kind.CURRENCY, Kind.DATE, Kind.OPEN, Kind.EXCEPT)
_ERRANDS = frozenset(
    [
        "send",
        "email",
        "mail",
        "message",
        "text",
        "whatsapp",
        "sms",
        "call",
        "offer",
        "give",
        "remind",
        "notify",
        "invite",
        "thank",
        "reward",
        "reengage",
        "reactivate",
        "tell",
        "ask",
        "congratulate",
        "welcome",
        "announce",
        "push",
        "run",
        "start",
        "write",
        "reach",
        "contact",
        "engage",
        "win",
        "re",
    ]
)
"""Words with which a request says what is to be done with the audience."""


def without_title(sentence: Sentence) -> None:
    """Take a title off ("Win back: silent for 45 days") and tell so. What could be a condition is none."""
    atoms = sentence.atoms
    sentence.atoms = [
        atom
        for index, atom in enumerate(atoms)
        # "city: Mumbai"
        if atom.kind is not Kind.COLON or not index or atoms[index - 1].kind is not Kind.TOPIC
    ]
    colon = next((index for index, atom in enumerate(sentence.atoms) if atom.kind is Kind.COLON), None)
    if colon is None or colon > _LONGEST or colon == len(sentence.atoms) - 1:
        return
    title, rest = sentence.atoms[:colon], sentence.atoms[colon + 1 :]
    if any(atom.kind in _IS_SAID for atom in title) or not _is_title(title):
        return
    said = " ".join(atom.text for atom in title)
    sentence.note(f'"{said}" was read as a title.')
    sentence.atoms = rest


def without_errand(sentence: Sentence) -> None:
    """Take off what is to be done with the audience ("send a discount to everyone who ...") and tell that it
    is not done. Raises Refused where nothing else is asked for."""
    atoms = sentence.atoms
    if not atoms or atoms[0].text.casefold() not in _ERRANDS:
        return
    is_named = len(atoms) > 1 and atoms[1].kind in (Kind.VALUE, Kind.ADJECTIVE)
    people = (
        1
        if is_named
        else next((at for at, atom in enumerate(atoms) if atom.kind in (Kind.PEOPLE, Kind.EVERYBODY)), None)
    )
    if people is None or people > _LONGEST_ERRAND:
        return
    rest = atoms[people:]
    if len(rest) == 1 and atoms[0].kind is Kind.TOPIC and atoms[people].kind is Kind.PEOPLE:
        # "Email subscribers" is no errand.
        return
    if len(rest) == 1:
        raise Refused(
            "Nothing is sent or done here: only an audience can be asked for. Which customers are meant?"
        )
    said = " ".join(atom.text for atom in atoms[:people])
    sentence.note(f'"{said}" was left aside: only the audience is made here, and nothing is sent.')
    sentence.atoms = rest


def _is_title(atoms: Sequence[Atom]) -> bool:
    """Whether nothing is compared in it."""
    return not any(atom.kind in (Kind.NUMBER, Kind.COMPARE, Kind.COMPARED, Kind.NOT) for atom in atoms)
