"""Presets: the exports that are known by their headings, each program in a module of its own."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.fields import folded
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.presets import hubspot, klaviyo, mailchimp, shopify, stripe, woocommerce
from crm_graphql.imports.presets.preset import Preset

PRESETS: Sequence[Preset] = (
    *shopify.PRESETS,
    *woocommerce.PRESETS,
    *mailchimp.PRESETS,
    *hubspot.PRESETS,
    *stripe.PRESETS,
    *klaviyo.PRESETS,
)
NONE = "none"
"""What a request says so that no export is recognised."""


def recognised(headings: Collection[str], kind: IngestionKind) -> Preset | None:
    """The preset of which these headings have all of a sign, the longest sign first; None: none."""
    given = set(map(folded, headings))
    found = [
        (len(sign), preset)
        for preset in PRESETS
        if preset.kind is kind
        for sign in preset.signs
        if given.issuperset(map(folded, sign))
    ]
    return max(found, key=lambda one: one[0])[1] if found else None


def named(name: str, headings: Collection[str], kind: IngestionKind) -> Preset | None:
    """The preset of that name for these headings. Raises InvalidInput for a name that is none, and for
    headings of which the exporter writes not one."""
    if name.casefold() == NONE:
        return None
    candidates = [preset for preset in PRESETS if preset.kind is kind and preset.name == name.casefold()]
    if not candidates:
        known = ", ".join(dict.fromkeys(preset.name for preset in PRESETS if preset.kind is kind))
        raise InvalidInput(
            f"{name[:40]} is no preset for {kind.value.lower()}. Name one of: {known}, {NONE}.",
            path=("preset",),
        )
    sure = recognised(headings, kind)
    if sure is not None and sure in candidates:
        return sure
    given = set(map(folded, headings))
    best = max(candidates, key=lambda one: len(given & set(map(folded, (*one.columns, *one.totals)))))
    if not given & set(map(folded, best.columns)):
        raise InvalidInput(f"The file has no column of an export of {best.exporter}.", path=("preset",))
    return best
