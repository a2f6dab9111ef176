""".env.example is the settings class, written out for people."""

from __future__ import annotations

import json
import re
from enum import Enum
from pathlib import Path

from pydantic import SecretStr

from crm_graphql.core.settings import Settings, load_settings, sections

EXAMPLE = Path(__file__).parents[2] / ".env.example"


def entries() -> dict[str, tuple[str, str]]:
    """For each variable the text above it and the value shown."""
    found: dict[str, tuple[str, str]] = {}
    words: list[str] = []
    for line in EXAMPLE.read_text().splitlines():
        if match := re.fullmatch(r"#?(CRM_[A-Z_]+)=(.*)", line):
            assert match[1] not in found, f"{match[1]} stands there twice"
            found[match[1]] = (" ".join(words), match[2])
            words = []
        elif line.startswith("## "):
            words = []
        elif line.startswith("# "):
            words.append(line[2:])
        else:
            assert not line, f"neither a comment nor a variable: {line}"
            words = []
    return found


def shown(default: object) -> str:
    """A default as one writes it into the environment."""
    match default:
        case SecretStr():
            return default.get_secret_value()
        case Enum():
            return str(default.value)
        case bool():
            return json.dumps(default)
        case list():
            return ",".join(default)
        case float():
            return f"{default:g}"
        case _:
            return str(default)


def expected() -> dict[str, tuple[str, str]]:
    return {
        f"CRM_{name.upper()}": (field.description or "", shown(field.get_default(call_default_factory=True)))
        for name, field in Settings.model_fields.items()
    }


def test_it_holds_every_setting_with_its_description_and_default() -> None:
    assert entries() == expected()


def test_its_sections_are_the_concerns_in_their_order() -> None:
    found: dict[str, list[str]] = {}
    for line in EXAMPLE.read_text().splitlines():
        if line.startswith("## "):
            found[line[3:]] = names = []
        elif match := re.match(r"#?CRM_([A-Z_]+)=", line):
            names.append(match[1].lower())
    assert list(found.items()) == list(sections())


def test_what_it_shows_can_be_used_as_it_stands(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(re.sub(r"^#(CRM_)", r"\1", EXAMPLE.read_text(), flags=re.M))
    assert load_settings(_env_file=file) == load_settings(_env_file=None)


def test_only_the_secrets_are_left_to_fill_in() -> None:
    uncommented = re.findall(r"^(CRM_[A-Z_]+)=(.*)$", EXAMPLE.read_text(), flags=re.M)
    assert uncommented == [("CRM_SECRET_KEY", ""), ("CRM_WEBHOOK_SECRET", "")]
