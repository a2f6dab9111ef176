"""Quiet hours: the times of a day between which nobody is written to, as people give them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crm_graphql.core.errors import Faults, InvalidInput

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def check_quiet_hours(hours: Mapping[str, str], faults: Faults) -> None:
    """Note, at their places below "quietHours", what is wrong with `from` and `until`: two different times
    of a day."""
    for end in ("from", "until"):
        with faults.noted():
            if not _TIME.fullmatch(hours[end]):
                message = f'"{hours[end][:20]}" is no time of a day like "21:00".'
                raise InvalidInput(message, path=("quietHours", end))
    with faults.noted():
        if hours["from"] == hours["until"]:
            message = "Quiet hours end at another time than they begin; to have none: null."
            raise InvalidInput(message, path=("quietHours", "until"))
