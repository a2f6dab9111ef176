"""Variants of a campaign's message, and the share of people that gets none: as they are given and stored."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crm_graphql.campaigns.custom import fields_for
from crm_graphql.campaigns.documents import MessageTemplate, Variant
from crm_graphql.campaigns.drafts import checked_message, completed
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import Faults, InvalidInput

LEAST, MOST = 2, 10
MOST_WEIGHT = 1_000_000
MOST_HELD_OUT = 0.5
_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}", re.ASCII)
"""Part of the names of stored fields, so neither dots nor dollars."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """What a new draft says of it; None of each: one message, and everybody gets it."""

    variants: Sequence[Variant] | None = None
    holdout: float | None = None

    def stored(self) -> dict[str, Any]:
        """By the names of a campaign's fields; what is not given is left out."""
        values: dict[str, Any] = {}
        if self.variants:
            values["variants"] = [variant.model_dump() for variant in self.variants]
        if self.holdout:
            values["holdout"] = stored_holdout(self.holdout)
        return values


def stored_holdout(holdout: float | None) -> str | None:
    """A share as documents hold it: the shortest text that is the same number; None for nobody."""
    return repr(holdout) if holdout else None


def holdout_of(campaign: Mapping[str, Any]) -> float:
    """The share of a stored campaign's audience that gets nothing."""
    return float(campaign.get("holdout") or 0)


def check_experiment(variants: Sequence[Variant] | None, holdout: float | None, faults: Faults) -> None:
    """Note, each at its place, what is wrong with variants and holdout; the messages are checked apart."""
    with faults.noted():
        if holdout is not None and not (math.isfinite(holdout) and 0 <= holdout <= MOST_HELD_OUT):
            message = f"A share between 0 and {MOST_HELD_OUT} can be held out, as in 0.1 for a tenth."
            raise InvalidInput(message, path=("holdout",))
    if not variants:
        return
    with faults.noted():
        if not LEAST <= len(variants) <= MOST:
            message = f"A campaign has {LEAST} to {MOST} variants, or none: one alone is its message."
            raise InvalidInput(message, path=("variants",))
    seen: set[str] = set()
    for index, variant in enumerate(variants):
        with faults.noted("variants", str(index)):
            _check_key(variant.key, seen)
        with faults.noted("variants", str(index)):
            if not 1 <= variant.weight <= MOST_WEIGHT:
                message = f"A weight is a whole number from 1 to {MOST_WEIGHT:,}."
                raise InvalidInput(message, path=("weight",))
        seen.add(variant.key)


def _check_key(key: str, seen: set[str]) -> None:
    if not _KEY.fullmatch(key):
        message = "A key has 1 to 40 letters of a to z, digits, - and _, as in short-subject."
        raise InvalidInput(message, path=("key",))
    if key in seen:
        raise InvalidInput(f"{key} is the key of another variant already.", path=("key",))


def check_alone(message: object, variants: object, faults: Faults) -> None:
    """Note a message that is given beside variants."""
    with faults.noted():
        if message is not None and variants:
            text = "The texts of a campaign with variants are theirs; leave out one of the two."
            raise InvalidInput(text, path=("message",))


async def completed_variants(variants: Sequence[Variant], faults: Faults) -> list[Variant]:
    """The variants to be kept, each message completed; what keeps one from that is noted at its place."""
    kept = list(variants)
    for index, variant in enumerate(variants):
        with faults.noted("variants", str(index)):
            message = await completed(variant.message)
            kept[index] = variant.model_copy(update={"message": message})
    return kept


async def completed_experiment(experiment: Experiment | None, faults: Faults) -> Experiment:
    """The same of a new draft's experiment; none where none is given."""
    if experiment is None or not experiment.variants:
        return experiment or Experiment()
    return replace(experiment, variants=await completed_variants(experiment.variants, faults))


async def check_texts(campaign: Mapping[str, Any], faults: Faults) -> None:
    """Note what is wrong with the texts of a campaign, stored or about to be: of each variant, or of the one
    there is, if any."""
    channel = Channel(campaign["channel"])
    for place, text in texts_of(campaign):
        message = MessageTemplate.model_validate(text)
        with faults.noted(*place):
            await checked_message(message, channel, await fields_for(message))


def texts_of(campaign: Mapping[str, Any]) -> Sequence[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """The stored messages of a campaign, each with the place of what they stand in: a variant's, else the
    campaign's own."""
    if variants := campaign.get("variants"):
        return [(("variants", str(index)), one["message"]) for index, one in enumerate(variants)]
    return [((), campaign["message"])] if campaign.get("message") else []
