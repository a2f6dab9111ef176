"""The domains' modules of one name, found by convention: nothing that a domain declares can be forgotten."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from types import ModuleType

import crm_graphql


def domain_modules(name: str) -> list[ModuleType]:
    """`crm_graphql.<package>.<name>` of each package that has one, imported, in the order of the packages."""
    paths = [
        f"{package.name}.{name}"
        for package in pkgutil.iter_modules(crm_graphql.__path__, "crm_graphql.")
        if package.ispkg
    ]
    return [importlib.import_module(path) for path in paths if importlib.util.find_spec(path) is not None]


def modules_within(package: ModuleType) -> list[ModuleType]:
    """Every module of the package, at any depth and imported, but programs (`__main__`)."""
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [importlib.import_module(one.name) for one in found if not one.name.endswith(".__main__")]
