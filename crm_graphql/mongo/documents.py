"""Every document of the product, found by convention, for the one place that connects them to a database."""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType

from beanie import Document

import crm_graphql.mongo
from crm_graphql.core.domains import domain_modules, modules_within


def all_documents() -> list[type[Document]]:
    """The documents in the domains' `documents` modules and in this package."""
    return documents_of([*domain_modules("documents"), *modules_within(crm_graphql.mongo)])


def documents_of(modules: Iterable[ModuleType]) -> list[type[Document]]:
    """The documents that the modules define; one whose name begins with an underscore is a mere base."""
    return [
        found
        for module in modules
        for name, found in vars(module).items()
        if isinstance(found, type)
        and issubclass(found, Document)
        and found.__module__ == module.__name__
        and not name.startswith("_")
    ]
