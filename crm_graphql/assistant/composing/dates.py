"""The pattern of a date in an objective: days, months, feasts, "this weekend"."""

from __future__ import annotations

import calendar

_MONTH = rf"(?:{'|'.join([*calendar.month_name[1:], *calendar.month_abbr[1:], 'Sept'])})\b\.?"
_WEEKDAY = (
    rf"(?:(?:this|next|the coming)\s)?(?:{'|'.join(calendar.day_name)})\b(?:\s(?:night|evening|morning))?"
)
_NTH = r"\d{1,2}(?:st|nd|rd|th)?"
_FEAST = (
    r"(?:Black Friday|Cyber Monday|Christmas(?: Eve| Day)?|Easter(?: Sunday| Monday)?|Halloween|Thanksgiving"
    r"|New Year(?:['’]s)?(?: Eve| Day)?|Valentine['’]s Day|Mother['’]s Day|Father['’]s Day|Diwali|Eid|Holi"
    r"|Ramadan|Hanukkah)\b"
)
_ONE = (
    rf"\d{{4}}-\d{{2}}-\d{{2}}|{_FEAST}"
    rf"|(?:{_WEEKDAY},?\s)?(?:the\s)?{_NTH}\s(?:of\s)?{_MONTH}(?:,?\s\d{{4}}\b)?"
    rf"|(?:{_WEEKDAY},?\s)?{_MONTH}\s{_NTH}\b(?:,?\s\d{{4}}\b)?"
    rf"|{_WEEKDAY}|\d{{1,2}}[./]\d{{1,2}}(?:[./]\d{{2,4}})?(?![%\d])"
    rf"|(?:the\s)?end of (?:the\s)?(?:day|week|month|year|{_MONTH})"
    r"|(?:this|next) (?:week|weekend|month)\b|midnight\b|tonight\b|tomorrow\b|today\b"
)
DATE = rf"(?:{_ONE})(?:\s?(?:to|until|-|–)\s?(?:{_ONE}))?"
