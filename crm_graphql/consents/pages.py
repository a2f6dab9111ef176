"""Pages that a link in a message opens: plain HTML, without scripts, in the deployment's name."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from crm_graphql.consents.choices import Choices
from crm_graphql.core.channels import Channel

CHANNEL_NAMES = {Channel.EMAIL: "Email", Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp"}

STYLE = """
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif }
body { max-width: 34rem; margin: 0 auto; padding: 2rem 1rem }
h1 { font-size: 1.5rem; line-height: 1.25 }
fieldset { border: 1px solid #8886; border-radius: .5rem; margin: 0 0 1rem; padding: .75rem 1rem }
legend { font-weight: 600; padding: 0 .25rem }
fieldset p { margin: 0 0 .5rem }
label { display: inline-flex; gap: .5rem; align-items: center; margin-right: 1.5rem; min-height: 2.75rem }
input { width: 1.25rem; height: 1.25rem }
button { font: inherit; min-height: 2.75rem; padding: 0 1.25rem; border-radius: .5rem; border: 1px solid #555;
  cursor: pointer }
.first { margin: 0 0 1.5rem }
.done { border-left: .25rem solid #2a7d4f; padding-left: .75rem }
"""


def unsubscribe_page(sender: str, topic: str | None) -> str:
    """Asks whether to unsubscribe, by a button: following the link alone changes nothing."""
    about = Markup("messages about <strong>{}</strong>").format(topic) if topic else "these messages"
    return _page(
        sender,
        "Unsubscribe",
        Markup("<p>You will get no more {}.</p><form method=post><button>Unsubscribe</button></form>").format(
            about
        ),
    )


def unsubscribed_page(sender: str, topic: str | None) -> str:
    """Says that it is done."""
    about = Markup("messages about <strong>{}</strong>").format(topic) if topic else "messages like it"
    done = Markup("<p class=done role=status>Done: you will get no more {}.</p>").format(about)
    return _page(sender, "You are unsubscribed", done)


def choices_page(sender: str, choices: Choices, *, is_saved: bool) -> str:
    """Everything off first, then each topic with a box for each channel that reaches the person."""
    saved = Markup("<p class=done role=status>Saved. It is in force now.</p>") if is_saved else ""
    topics = Markup("").join(_topic(topic, choices) for topic in choices.topics)
    save = Markup("<button name=do value=save>Save</button>") if topics else ""
    return _page(
        sender,
        "What we may send you",
        Markup(
            "{}<form method=post><p class=first>"
            "<button name=do value=off>Unsubscribe from everything</button></p>{}{}</form>"
        ).format(saved, topics, save),
    )


def erased_page(sender: str) -> str:
    """For a person of whom nothing is kept any more."""
    return _page(
        sender,
        "Nothing is kept of you",
        Markup("<p class=done>We have erased your data, and send you nothing.</p>"),
    )


def too_old_page(sender: str) -> str:
    """For a link to choices whose time is over."""
    return _page(
        sender,
        "This link is too old",
        Markup(
            "<p>Use the link in a newer message. "
            "The link to unsubscribe works in every message, however old.</p>"
        ),
    )


def no_link_page(sender: str) -> str:
    """For an address that is no link of ours."""
    return _page(
        sender,
        "This link is not whole",
        Markup(
            "<p>A part of it may have been cut off. Open it from the message again, or copy all of it.</p>"
        ),
    )


def away_page(sender: str) -> str:
    """For a moment in which nothing can be stored."""
    return _page(
        sender,
        "Please try again",
        Markup("<p>We could not save this at this moment. Try it again in a minute.</p>"),
    )


def _topic(topic: object, choices: Choices) -> Markup:
    assert isinstance(topic, dict)
    described = Markup("<p>{}</p>").format(topic["description"]) if topic["description"] else ""
    boxes: Iterable[Markup] = (
        Markup("<label><input type=checkbox name=on value='{slug}.{code}'{on}>{name}</label>").format(
            slug=topic["slug"],
            code=channel.value,
            on=Markup(" checked") if (topic["slug"], channel) in choices.chosen else "",
            name=CHANNEL_NAMES[channel],
        )
        for channel in choices.channels
    )
    return Markup("<fieldset><legend>{}</legend>{}{}</fieldset>").format(
        topic["name"], described, Markup("").join(boxes)
    )


def _page(sender: str, title: str, body: Markup) -> str:
    head = Markup("{} - {}").format(title, sender) if sender else title
    return str(
        Markup(
            "<!doctype html>\n<html lang=en><head><meta charset=utf-8>"
            "<meta name=viewport content='width=device-width, initial-scale=1'>"
            "<meta name=robots content=noindex><title>{head}</title><style>{style}</style></head>"
            "<body><main>{sender}<h1>{title}</h1>{body}</main></body></html>\n"
        ).format(
            head=head,
            style=Markup(STYLE),
            sender=Markup("<p>{}</p>").format(sender) if sender else "",
            title=title,
            body=body,
        )
    )
