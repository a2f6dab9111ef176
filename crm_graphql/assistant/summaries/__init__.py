"""Summaries of a campaign: its figures, plain sentences about them, and a check of the numbers in any text.

- `figures`: what is known of a campaign at a moment; `facts` lists every number that a text may state.
- `reading` finds them, at a cost that does not grow beyond a bound; `sentences` tells them; `numbers` holds
  any text to them.
"""

from crm_graphql.assistant.summaries.figures import (
    CampaignFigures,
    Earlier,
    Fact,
    FactKind,
    Orders,
    facts,
)
from crm_graphql.assistant.summaries.numbers import wrong_numbers
from crm_graphql.assistant.summaries.reading import campaign_figures
from crm_graphql.assistant.summaries.sentences import plain_summary

__all__ = [
    "CampaignFigures",
    "Earlier",
    "Fact",
    "FactKind",
    "Orders",
    "campaign_figures",
    "facts",
    "plain_summary",
    "wrong_numbers",
]
