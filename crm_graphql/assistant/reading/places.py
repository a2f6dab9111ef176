"""Places by other names: renamed cities, peoples, and countries by any name."""

from __future__ import annotations

from crm_graphql.core.countries import country_code

RENAMED = {
    "bombay": "mumbai",
    "bangalore": "bengaluru",
    "calcutta": "kolkata",
    "madras": "chennai",
    "poona": "pune",
    "new delhi": "delhi",
    "dilli": "delhi",
    "gurgaon": "gurugram",
    "baroda": "vadodara",
    "mysore": "mysuru",
    "trivandrum": "thiruvananthapuram",
    "cochin": "kochi",
    "benares": "varanasi",
    "peking": "beijing",
    "saigon": "ho chi minh city",
    "rangoon": "yangon",
    "kiev": "kyiv",
    "nyc": "new york",
    "new york city": "new york",
    "la": "los angeles",
    "sf": "san francisco",
    "cologne": "köln",
    "munich": "münchen",
    "vienna": "wien",
    "prague": "praha",
    "rome": "roma",
    "milan": "milano",
    "lisbon": "lisboa",
    "warsaw": "warszawa",
    "florence": "firenze",
    "naples": "napoli",
    "turin": "torino",
    "geneva": "genève",
    "hyd": "hyderabad",
    "blr": "bengaluru",
}
"""Another name of a city; either may be the one that occurs."""

_PEOPLES = {
    "IN": "indian|indians",
    "GB": "british|brits|brit|english|scottish|welsh|uk based",
    "US": "american|americans|us based",
    "DE": "german|germans",
    "BR": "brazilian|brazilians",
    "FR": "french",
    "ES": "spanish|spaniards",
    "IT": "italian|italians",
    "PT": "portuguese",
    "NL": "dutch",
    "BE": "belgian|belgians",
    "CH": "swiss",
    "AT": "austrian|austrians",
    "PL": "polish|poles",
    "SE": "swedish|swedes",
    "NO": "norwegian|norwegians",
    "DK": "danish|danes",
    "FI": "finnish|finns",
    "IE": "irish",
    "CA": "canadian|canadians",
    "MX": "mexican|mexicans",
    "AU": "australian|australians|aussie|aussies",
    "NZ": "new zealanders|kiwis",
    "JP": "japanese",
    "CN": "chinese",
    "KR": "korean|koreans",
    "SG": "singaporean|singaporeans",
    "MY": "malaysian|malaysians",
    "ID": "indonesian|indonesians",
    "TH": "thai",
    "PH": "filipino|filipinos",
    "VN": "vietnamese",
    "PK": "pakistani|pakistanis",
    "BD": "bangladeshi|bangladeshis",
    "LK": "sri lankan|sri lankans",
    "NP": "nepali|nepalis",
    "AE": "emirati|emiratis",
    "SA": "saudi|saudis",
    "ZA": "south african|south africans",
    "NG": "nigerian|nigerians",
    "KE": "kenyan|kenyans",
    "EG": "egyptian|egyptians",
    "TR": "turkish|turks",
    "RU": "russian|russians",
    "UA": "ukrainian|ukrainians",
    "GR": "greek|greeks",
    "AR": "argentinian|argentinians|argentine",
    "CL": "chilean|chileans",
    "CO": "colombian|colombians",
}
PEOPLES = {name: code for code, names in _PEOPLES.items() for name in names.split("|")}
"""The country of a people, by its names."""

_SHORT = frozenset({"uk", "usa", "uae", "u.k", "u.s.a", "drc"})


def country_named(text: str, *, capital: bool) -> str | None:
    """The code of the country that the words name. Short codes that are English words ("in", "us") name one
    only where they are written in capitals."""
    if (
        len(text) < 4
        and text.casefold() not in _SHORT
        and not (capital and text.isupper() and len(text) == 2)
    ):
        return None
    return country_code(text)
