"""Moments are read strictly, and durations go back by the calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm_graphql.core.times import Duration, format_moment, parse_moment


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2024-06-30", "2024-06-30T00:00:00Z"),
        ("2024-06-30T12:00:00Z", "2024-06-30T12:00:00Z"),
        ("2024-06-30T12:00:00+05:30", "2024-06-30T06:30:00Z"),
        ("2024-06-30t12:00:00.123456789z", "2024-06-30T12:00:00.123Z"),
        ("2024-06-30 12:00:00Z", "2024-06-30T12:00:00Z"),
    ],
)
def test_a_moment_is_read_and_shown_in_utc(text: str, shown: str) -> None:
    assert format_moment(parse_moment(text)) == shown


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "31/02/2024", "2024-02-30", "2024-06-30T12:00", "2024-06-30T12:00:00", "20240630",
     "2024-06-30T25:00:00Z", "0001-01-01T00:00:00+14:00", "２０２４-06-30"],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse_moment(text)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("P90D", datetime(2023, 12, 31, tzinfo=UTC)),
        ("P1M", datetime(2024, 2, 29, tzinfo=UTC)),
        ("P1Y", datetime(2023, 3, 30, tzinfo=UTC)),
        ("P2W", datetime(2024, 3, 16, tzinfo=UTC)),
        ("PT36H", datetime(2024, 3, 28, 12, tzinfo=UTC)),
        ("P9999Y", datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_a_duration_goes_back_by_the_calendar(text: str, before: datetime) -> None:
    assert Duration.parse(text).before(datetime(2024, 3, 30, tzinfo=UTC)) == before


@pytest.mark.parametrize("text", ["", "P", "PT", "90D", "P-1D", "P1.5D", "P1D2M", "P1H"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        Duration.parse(text)
