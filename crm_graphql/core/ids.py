"""Relay global ids: base64url of `Type:key`, opaque to clients."""

from __future__ import annotations

import base64
import binascii

from bson import ObjectId

from crm_graphql.core.errors import InvalidInput, RequiredInput


def encode_id(type_name: str, key: object) -> str:
    """The global id of the object of GraphQL type `type_name` with the database key `key`."""
    return base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode().rstrip("=")


def decode_id(global_id: str) -> tuple[str, ObjectId]:
    """The GraphQL type name and the key in `global_id`. Raises InvalidInput for anything else."""
    try:
        padded = global_id + "=" * (-len(global_id) % 4)
        type_name, _, key = base64.b64decode(padded, altchars=b"-_", validate=True).decode().partition(":")
        if type_name and ObjectId.is_valid(key):
            return type_name, ObjectId(key)
    except (binascii.Error, UnicodeError, ValueError):
        pass
    raise InvalidInput(f'"{global_id[:100]}" is not an id of this server. Pass an `id` that it returned.')


def decode_key(type_name: str, global_id: str, *, field: str = "id") -> ObjectId:
    """The key in `global_id`, which must be of GraphQL type `type_name`.

    Raises RequiredInput for an empty one, InvalidInput for an id of another type or no id at all, with
    `field` as the path.
    """
    if not global_id.strip():
        raise RequiredInput(f"The id of {_a(type_name)} is needed.", path=(field,))
    try:
        found, key = decode_id(global_id)
    except InvalidInput as error:
        raise InvalidInput(str(error), path=(field,)) from None
    if found != type_name:
        raise InvalidInput(
            f"This is the id of {_a(found)}; the id of {_a(type_name)} is needed.", path=(field,)
        )
    return key


def _a(name: str) -> str:
    """A type's name with its indefinite article; an initial U is spoken as in User."""
    return f"{'an' if name[0] in 'AEIO' else 'a'} {name}"
