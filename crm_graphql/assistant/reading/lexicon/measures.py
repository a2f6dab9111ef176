"""Measures: comparisons, counts, and units of time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from crm_graphql.assistant.reading.atoms import Kind, Unit
from crm_graphql.audiences.fields import RuleOperator

MEASURES: tuple[tuple[Kind, Any, str], ...] = (
    (
        Kind.COMPARE,
        RuleOperator.GT,
        """
        more than|over|above|greater than|exceeding|exceeds|exceed|exceeded|in excess of|north of|beyond|
        higher than|>|bigger than|larger than|well over|more then|is more than|is over|is above|
        is greater than|greater then|surpassing|surpassed|crossed|topping|was more than|was over|
        was above|are over|mor than|was greater than|strictly over|strictly above|strictly greater than|
        older than|longer than|longer ago than|just over|a bit over|a little over|over and above|outspent""",
    ),
    (
        Kind.COMPARE,
        RuleOperator.GTE,
        """
        at least|minimum|min|a minimum of|minimum of|no less than|not less than|no fewer than|
        not fewer than|>=|=>|≥|starting at|upwards of|not under|not below|is at least|at the least|
        as much as at least|no lower than|at minimum|a min of|min of|atleast|at the very least|no under|
        never less than|not lower than|was at least|as many as at least|greater than or equal to|
        more than or equal to|a good|well at least""",
    ),
    (
        Kind.COMPARE,
        RuleOperator.LT,
        """
        less than|under|below|fewer than|lower than|<|short of|smaller than|less then|is less than|
        is under|is below|is lower than|well under|fewer then|not even|not as much as|not as many as|
        strictly less than|was less than|was under|was below|are under|strictly under|strictly below|
        strictly fewer than|just under|inside of""",
    ),
    (
        Kind.COMPARE,
        RuleOperator.LTE,
        """
        at most|up to|no more than|not more than|max|maximum|a maximum of|maximum of|<=|=<|≤|not over|
        not exceeding|not above|is at most|no greater than|not greater than|upto|at the most|atmost|
        never more than|a max of|max of|no over|not beyond|less than or equal to|no higher than|
        not higher than|was at most|fewer than or equal to|not in excess of""",
    ),
    (
        Kind.COMPARE,
        RuleOperator.EQ,
        """
        exactly|precisely|exact|an exact|exactly equal to|spot on|an even|a flat""",
    ),
    (
        Kind.COMPARE,
        RuleOperator.NE,
        """
        !=|<>|≠|is not equal to|not equal to|does not equal|other than exactly""",
    ),
    (
        Kind.COMPARED,
        RuleOperator.GTE,
        """
        or more|or above|or over|+|and above|and up|and over|or higher|upwards|or greater|& above|plus|
        and more|or better|or more than that|or upwards|and upwards|or longer|at a minimum|and higher|
        & up|or earlier|or beyond""",
    ),
    (
        Kind.COMPARED,
        RuleOperator.LTE,
        """
        or less|or fewer|or below|or under|and below|tops|or lower|and under|and less|or thereunder|
        and lower|at maximum|or less than that|& below""",
    ),
    (
        Kind.TIMES,
        None,
        """
        times|time|x|times over|occasions|separate occasions|different occasions""",
    ),
    (
        Kind.TIMES,
        1,
        """
        once|one time|onetime|a single time|single time|just once|on one occasion|one occasion""",
    ),
    (
        Kind.TIMES,
        2,
        """
        twice|two times|a couple of times|a couple times|on two occasions|double""",
    ),
    (Kind.TIMES, 3, "thrice|three times|on three occasions"),
    (
        Kind.VAGUE,
        3,
        """
        a few|several|a few of|a handful of|a handful|quite a few|few|multiple""",
    ),
    (
        Kind.VAGUE,
        5,
        """
        many|a lot of|lots of|plenty of|loads of|numerous|frequent|countless""",
    ),
    (Kind.NUMBER, Decimal(2), "a couple of|a couple|couple of|couple|a pair of"),
    (Kind.UNIT, Unit.HOUR, "hour|hours|hr|hrs|h"),
    (
        Kind.UNIT,
        Unit.DAY,
        """
        day|days|d|day's|days'|calendar days|calendar day""",
    ),
    (Kind.UNIT, Unit.WEEK, "week|weeks|wk|wks|w|week's|weeks'|calendar week"),
    (
        Kind.UNIT,
        Unit.MONTH,
        """
        month|months|mo|mos|mth|mths|month's|months'|calendar month|calendar months""",
    ),
    (Kind.UNIT, Unit.QUARTER, "quarter|quarters|qtr|quarter's|calendar quarter"),
    (
        Kind.UNIT,
        Unit.YEAR,
        """
        year|years|yr|yrs|y|year's|years'|calendar year|twelvemonth""",
    ),
    (Kind.UNIT, Unit.FORTNIGHT, "fortnight|fortnights"),
    (Kind.UNIT, Unit.HALF_YEAR, "half a year|half year|half-year|a half year"),
    (Kind.UNIT, Unit.DECADE, "decade|decades"),
    (
        Kind.EDGE,
        "start",
        """
        start of|beginning of|the start of|the beginning of|first day of|turn of""",
    ),
    (Kind.EDGE, "end", "end of|the end of|close of|last day of"),
    (
        Kind.TO_DATE,
        Unit.YEAR,
        """
        ytd|year to date|so far this year|this year so far|this year to date""",
    ),
    (
        Kind.TO_DATE,
        Unit.MONTH,
        """
        mtd|month to date|so far this month|this month so far""",
    ),
    (
        Kind.TO_DATE,
        Unit.QUARTER,
        """
        qtd|quarter to date|so far this quarter|this quarter so far""",
    ),
    (Kind.TO_DATE, Unit.WEEK, "so far this week|this week so far|wtd"),
    (Kind.DAY, 0, "today|today's"),
    (Kind.DAY, 1, "yesterday|yesterday's"),
    (Kind.QUARTER, 1, "q1|first quarter|1st quarter"),
    (Kind.QUARTER, 2, "q2|second quarter|2nd quarter"),
    (Kind.QUARTER, 3, "q3|third quarter|3rd quarter"),
    (Kind.QUARTER, 4, "q4|fourth quarter|4th quarter|final quarter"),
    (
        Kind.PRESENT,
        True,
        """
        on file|is set|is known|known|available|is available|set|given|on record|is given|are set|present|
        exists|exist|is there|is present|is on file|filled in|is filled in|is not empty|not empty|
        isn't empty""",
    ),
    (
        Kind.PRESENT,
        False,
        """
        unknown|is unknown|not set|is not set|is missing|unset|not known|is not known|not given|
        not on file|is empty|empty|blank|is blank|are missing|are not set|isn't set|not available|
        unavailable|isn't known|absent|are unknown|are empty|are blank|not there|left blank|were missing|
        was missing|null|is null""",
    ),
)
