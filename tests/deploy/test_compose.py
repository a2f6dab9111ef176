"""docker-compose.yml: valid by the Compose Specification's schema, with real settings and no secret in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from crm_graphql.core.settings import Settings

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
SECRETS = {"CRM_SECRET_KEY", "CRM_WEBHOOK_SECRET", "RABBITMQ_PASSWORD"}
GIVEN = dict.fromkeys(SECRETS, "r4nd0m-value")
REFERENCE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<kind>:[-?])(?P<rest>[^}]*))?\}")


def interpolated(node: Any, given: dict[str, str]) -> Any:
    """`node` with the environment `given`, as compose reads it. Raises KeyError for what is required."""

    def value(match: re.Match[str]) -> str:
        name = match["name"]
        if given.get(name):
            return given[name]
        if match["kind"] == ":-":
            return match["rest"]
        raise KeyError(name)

    match node:
        case str():
            return REFERENCE.sub(value, node)
        case list():
            return [interpolated(part, given) for part in node]
        case dict():
            return {key: interpolated(part, given) for key, part in node.items()}
        case _:
            return node


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file, with the required secrets given."""
    document: dict[str, Any] = interpolated(yaml.safe_load(TEXT), GIVEN)
    return document


def environments(compose: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {name: service.get("environment", {}) for name, service in compose["services"].items()}


def test_it_is_valid_by_the_specification(compose: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "tests/deploy/compose-spec.json").read_text())
    jsonschema.Draft201909Validator(schema).validate(compose)


@pytest.mark.parametrize("missing", sorted(SECRETS))
def test_a_missing_secret_stops_the_start(missing: str) -> None:
    with pytest.raises(KeyError, match=missing):
        interpolated(yaml.safe_load(TEXT), {name: value for name, value in GIVEN.items() if name != missing})


def test_no_secret_is_in_the_file() -> None:
    for line in TEXT.splitlines():
        if re.search(r"(?i)(secret|password|pass|key|token)\w*:\s", line.split("#")[0]):
            assert REFERENCE.search(line), line
            assert REFERENCE.sub("", line).strip().endswith((":", "@rabbitmq:5672/")), line


def test_each_variable_is_a_setting(compose: dict[str, Any]) -> None:
    settings = {f"CRM_{name.upper()}" for name in Settings.model_fields}
    used = {name for environment in environments(compose).values() for name in environment}
    used |= {match["name"] for match in REFERENCE.finditer(TEXT)}
    used |= set(re.findall(r"\b(CRM_\w+)=", (ROOT / "Dockerfile").read_text()))
    assert {name for name in used if name.startswith("CRM_")} <= settings


def test_the_settings_of_each_service_can_be_used(compose: dict[str, Any]) -> None:
    for environment in environments(compose).values():
        given = {
            name.removeprefix("CRM_").lower(): value
            for name, value in environment.items()
            if name.startswith("CRM_")
        }
        Settings(_env_file=None, **given)  # type: ignore[arg-type]


def test_every_service_has_a_health_check(compose: dict[str, Any]) -> None:
    without = [name for name, service in compose["services"].items() if "healthcheck" not in service]
    assert without == ["api"]
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()


def test_api_and_consumers_run_twice_behind_one_published_port(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["api"]["deploy"]["replicas"] == 2
    assert services["consumers"]["deploy"]["replicas"] == 2
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert services["proxy"]["ports"] == ["127.0.0.1:8000:8080"]


def test_the_stores_are_on_a_network_of_their_own(compose: dict[str, Any]) -> None:
    assert compose["networks"]["data"]["internal"] is True
    assert compose["services"]["mongodb"]["networks"] == ["data"]
    assert compose["services"]["rabbitmq"]["networks"] == ["data"]


def test_what_the_image_copies_reaches_the_engine() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for line in (ROOT / "Dockerfile").read_text().splitlines():
        if line.startswith("COPY") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert f"!{source.split('/')[0]}" in ignored, source
                assert (ROOT / source).exists(), source
