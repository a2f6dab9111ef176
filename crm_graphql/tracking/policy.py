"""The policy of tracking: what a deployment and a campaign want to know of opens and clicks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.settings import Settings
from crm_graphql.tracking.links import LINKS_LIMIT, links_of


@dataclass(frozen=True, slots=True)
class TrackingPolicy:
    """What the deployment allows; a campaign may want less, never more."""

    opens: bool
    clicks: bool
    public_url: str

    @classmethod
    def of(cls, settings: Settings) -> TrackingPolicy:
        """As the settings hold now."""
        return cls(settings.tracking_opens, settings.tracking_clicks, settings.public_url)

    def tracks_opens(self, campaign: Mapping[str, Any]) -> bool:
        """Whether a draft's opens will be tracked; only HTML can tell of them."""
        wants = campaign.get("tracks_opens")
        takes_html = TRAITS[Channel(campaign["channel"])].takes_html
        return self.opens and takes_html and wants is not False

    def tracks_clicks(self, campaign: Mapping[str, Any]) -> bool:
        """Whether a draft's clicks will be tracked. In short messages, whose text links make longer, only
        where the campaign asks for it."""
        wants = campaign.get("tracks_clicks")
        takes_html = TRAITS[Channel(campaign["channel"])].takes_html
        return self.clicks and (wants if wants is not None else takes_html)

    def frozen(
        self, draft: Mapping[str, Any], texts: Iterable[tuple[str | None, str | None]]
    ) -> dict[str, Any]:
        """What a launch freezes of it, by the names of a campaign's fields; `texts` are those that it may
        send, as HTML and as plain text. The links of all are one table."""
        clicks = self.tracks_clicks(draft)
        return {
            "tracks_opens": self.tracks_opens(draft),
            "tracks_clicks": clicks,
            "links": self._links(texts) if clicks else [],
        }

    def _links(self, texts: Iterable[tuple[str | None, str | None]]) -> list[str]:
        found: dict[str, None] = {}
        for html, text in texts:
            found |= dict.fromkeys(links_of(html_text=html, text=text, public_url=self.public_url))
        return list(found)[:LINKS_LIMIT]


NOTHING_TRACKED = TrackingPolicy(opens=False, clicks=False, public_url="")
