"""What does it cost to render a message with 50 KB of HTML for each recipient?

Per message, beside the raw limits of the same run: `str.format` of a text of that length, and the Liquid
library's own render of the same template without limits. With the checks that bound it, escaping, a subject
and a text beside it.

Run: .venv/bin/python -m benchmarks.html_rendering [--people 10000]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import liquid

from crm_graphql.campaigns.html_text import text_of
from crm_graphql.campaigns.message_texts import Texts
from crm_graphql.campaigns.template import parse_texts
from crm_graphql.core.channels import Channel

HTML_BYTES = 50_000
PLACES = 20


def html() -> str:
    """A newsletter: twenty sections with a value each, in tables with styles."""
    style = "font-family:Arial,sans-serif;font-size:14px;line-height:20px;color:#333333;padding:0 24px"
    value = "{{ customer.name | default: 'you' }} in {{ customer.city }}"
    filler = "Something that everybody reads. " * (HTML_BYTES // PLACES // 32 - 8)
    section = f'<table><tr><td style="{style}"><p>{value}</p><p>{filler}</p></td></tr></table>'
    links = '<a href="{{ unsubscribe_url }}">Unsubscribe</a>'
    return f"<html><body>{section * PLACES}{links}</body></html>"


def microseconds(work: Callable[[Mapping[str, Any]], object], people: Sequence[Mapping[str, Any]]) -> float:
    """Of one, over all people."""
    begun = time.perf_counter()
    for values in people:
        work(values)
    return (time.perf_counter() - begun) / len(people) * 1_000_000


def main() -> None:
    """Print the figures."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--people", type=int, default=10_000)
    count = arguments.parse_args().people
    source = html()
    texts = Texts("For {{ customer.name }}", text_of(source), source, "Only until Sunday")
    begun = time.perf_counter()
    template = parse_texts(texts, Channel.EMAIL)
    parsed = (time.perf_counter() - begun) * 1_000
    people = [
        template.freeze({"name": f"Name <{number}>", "city": "Rome"}, campaign_name="Sale")
        for number in range(count)
    ]
    raw = liquid.Environment(autoescape=True).from_string(source)
    plain = source.replace("{{ customer.name | default: 'you' }}", "\0").replace("{{ customer.city }}", "\1")
    formatted = plain.replace("{", "{{").replace("}", "}}").replace("\0", "{name}").replace("\1", "{city}")
    ours = microseconds(template.render, people)
    alone = microseconds(parse_texts(Texts(html=source), Channel.EMAIL).render, people)
    library = microseconds(
        lambda values: raw.render(**values["customer"], customer=values["customer"], unsubscribe_url="u"),
        people,
    )
    text = microseconds(lambda values: formatted.format(**values["customer"]), people)
    print(f"HTML of {len(source):,} characters with {PLACES * 2 + 1} values, {count:,} people")
    print(f"parsed once a process         {parsed:10,.1f} ms")
    print(f"subject, text, HTML, preheader {ours:9,.1f} us a message")
    print(f"the HTML alone                {alone:10,.1f} us a message")
    print(f"python-liquid, the HTML alone {library:10,.1f} us a message ({alone / library:.2f} times)")
    print(f"str.format of it              {text:10,.1f} us a message ({alone / text:.1f} times)")


if __name__ == "__main__":
    main()
