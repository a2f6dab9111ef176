"""What does the dearest message cost that its work allows, and the dearest source to parse?

Each line is a use of Liquid in a loop that only the limit of work ends: its time is that of a whole message's
work, so the prices in `liquid_work` and `liquid_filters` are right when no line is far above 5 ms. The raw
limit beside it is the same loop around nothing.

Run: .venv/bin/python -m benchmarks.message_work
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from crm_graphql.campaigns.liquid import PLAIN, RENDER_ERRORS, parse_text
from crm_graphql.campaigns.liquid_source import TAGS_LIMIT
from crm_graphql.campaigns.liquid_work import Meter
from crm_graphql.campaigns.template import parse
from crm_graphql.campaigns.template_fields import FIELD_NAMES, thaw
from crm_graphql.core.channels import Channel
from crm_graphql.core.errors import InvalidInput

ROUNDS = 3
SIGNS = ("a", "a ", "<", "<!--", "<b ", "&", "&aaaaaaaaaaaaaaaaaaa", "\n", "%41", "ß", "😀", "9")
SIZES = (1, 64, 1_024, 16_384)
ARGUMENTS = {
    **dict.fromkeys(("append", "prepend"), ": 'x'"),
    **dict.fromkeys(("remove", "remove_first", "remove_last", "split"), ": n"),
    **dict.fromkeys(("replace", "replace_first", "replace_last"), ": n, 'y'"),
    **dict.fromkeys(("at_least", "at_most", "divided_by", "minus", "modulo", "plus", "times"), ": 3"),
    "slice": ": 0, 5000",
    "truncate": ": 5000",
    "truncatewords": ": 5000",
    "concat": ": l",
    "date": ": '%c %c %c'",
    "default": ": 'x'",
}
NODES = (
    *("", "x", "{{ 1 }}", "{{ i }}", "{{ customer.name }}", "{{ nobody.a.b.c }}", "{{ forloop.index }}"),
    *("{% assign a = 1 %}", "{% if i == 3 %}a{% elsif i == 4 %}b{% endif %}", "{% cycle 'a', 'b' %}"),
    *("{% capture c %}x{% endcapture %}", "{% case i %}{% when 1, 2, 3 %}a{% else %}b{% endcase %}"),
    *(
        "{% for j in (1..1) %}{% endfor %}",
        "{% for j in l reversed %}{% endfor %}",
        "{{ l }}",
        "{{ l.size }}",
    ),
    *("{% if l contains 'zz' %}{% endif %}", "{% if s contains n %}{% endif %}", "{% cycle l, l %}"),
    *("{{ customer.total_spend | divided_by: 7 }}", "{{ (1..1000) | join }}", "{{ 1.123456789 }}"),
)
SOURCES = (
    *("{{1}}", "{{ customer.name }}", "{{ customer.nam }}", "{{ 1 | upcas }}", "{% assign a = 1 %}"),
    *("{% if 1 %}{% endif %}", "{{ 1" + " | abs" * 100 + " }}", "{% cycle 1" + ",1" * 400 + " %}"),
    *("{% if a" + " or a" * 45 + " %}{% endif %}", "{{ a" + ".a" * 400 + " }}", "{{" + " " * 50 + "}}"),
)


def uses() -> Iterator[tuple[str, str]]:
    """Names and bodies of loops."""
    filters = {name: f"{{% assign z = s | {name}{ARGUMENTS.get(name, '')} %}}" for name in PLAIN.filters}
    of_lists = {f"list {name}": step.replace("= s |", "= l |") for name, step in filters.items()}
    steps = filters | of_lists | {node: node for node in NODES}
    for sign in SIGNS:
        for size in SIZES:
            head = (
                f"{{% assign s = '{sign}' %}}"
                + "{% assign s = s | append: s %}" * (size.bit_length() - 1)
                + "{% assign n = s | slice: 0, 40 | append: 'x' %}"
                + "{% assign l = s | slice: 0, 900 | split: '' %}"
            )
            for name, step in steps.items():
                loop = f"{{% for i in (1..1000) %}}{step * 4}{{% endfor %}}"
                yield f"{name} of {size} {sign!r}", head + loop


def milliseconds(call: Callable[[], object]) -> float:
    """The least of some rounds, of this thread's processor."""
    times = []
    for _ in range(ROUNDS):
        begun = time.thread_time()
        call()
        times.append(time.thread_time() - begun)
    return min(times) * 1000


def render(body: str, *, html: bool) -> float:
    """Milliseconds of a render that may end at the limit."""
    template = parse_text(body, escapes=html).template
    values = {"customer": {"name": "Ann", "total_spend": "12.50"}}

    def once() -> None:
        try:
            template.render_by(Meter(), thaw(FIELD_NAMES, values, []))
        except RENDER_ERRORS:
            return

    return milliseconds(once)


def check(source: str) -> float:
    """Milliseconds of the check of as many of `source` as a text takes, each time another text."""
    tags = source.count("{%") + source.count("{{")
    numbers = iter(range(ROUNDS))

    def once() -> None:
        body = source * min(TAGS_LIMIT // tags, 16_000 // len(source))
        for count in (1.0, 0.5, 0.25):
            try:
                parse(None, f"{next(numbers, 0)}{body[: int(len(body) * count)]}", Channel.EMAIL)
            except InvalidInput:
                continue
            return

    return milliseconds(once)


def main() -> None:
    """Print the dearest."""
    renders = sorted(
        ((render(body, html=html), name, html) for name, body in uses() for html in (False, True)),
        reverse=True,
    )
    empty = render("{% for i in (1..1000) %}{% endfor %}", html=False)
    print(f"{len(renders)} renders; a thousand empty rounds take {empty:.2f} ms")
    for took, name, html in renders[:10]:
        print(f"  {took:6.2f} ms  {name}{', in HTML' if html else ''}")
    print(f"{len(SOURCES)} sources to check, and to render for two made-up customers")
    for took, source in sorted(((check(source), source) for source in SOURCES), reverse=True)[:5]:
        print(f"  {took:6.2f} ms  {source[:60]}")


if __name__ == "__main__":
    main()
