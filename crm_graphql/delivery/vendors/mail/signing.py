"""Signature of a domain (DKIM) over a message as it is sent, for relays that do not sign themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import dkim
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dkim.crypto import UnparsableKeyError, parse_pem_private_key

_SIGNED = (
    # Twice: a second one, which some program would show instead, breaks the signature.
    *(b"from", b"from", b"to", b"subject", b"reply-to"),
    *(b"mime-version", b"content-type", b"content-transfer-encoding"),
    # RFC 8058 asks for both of the first; the last counts complaints only where it is signed.
    *(b"list-unsubscribe", b"list-unsubscribe-post", b"list-id", b"feedback-id"),
)
"""Not Date and Message-ID, which relays like that of Amazon SES write anew."""
_RELAXED = (b"relaxed", b"relaxed")
_KEY_BITS = 1024
"""RFC 8301, section 3.2."""


class KeyUnusable(ValueError):
    """The private key cannot sign; the message says why and shows nothing of it."""


class DkimSigner:
    """Signs for one domain with an RSA key."""

    def __init__(self, *, domain: str, selector: str, key: str) -> None:
        """`key` is PEM; its line breaks may be written as a backslash and n. Raises KeyUnusable."""
        self._domain = domain.encode("ascii")
        self._selector = selector.encode("ascii")
        self._key = re.sub(r"\\n|\r\n", "\n", key.strip()).encode()
        try:
            parse_pem_private_key(self._key)
            rsa = load_pem_private_key(self._key, password=None)
        except (UnparsableKeyError, UnsupportedAlgorithm, TypeError, ValueError, IndexError):
            raise KeyUnusable("is no private RSA key in PEM") from None
        if not isinstance(rsa, RSAPrivateKey):
            raise KeyUnusable("is no private RSA key in PEM")
        if rsa.key_size < _KEY_BITS:
            raise KeyUnusable(f"has fewer than {_KEY_BITS} bits: nobody believes its signatures")
        self._signing = _SigningKey(rsa)

    def signed(self, content: bytes, moment: datetime) -> bytes:
        """The message with the signature before it, as of `moment`; the same for the same."""
        signer = _SignerAt(content, moment, self._signing)
        header: bytes = signer.sign(
            self._selector, self._domain, self._key, canonicalize=_RELAXED, include_headers=_SIGNED
        )
        return header + content


@dataclass(frozen=True, slots=True)
class _Signed:
    signature: bytes


class _SigningKey:
    """An RSA key that signs by itself, as the library knows others: its own arithmetic takes twenty times as
    long."""

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key

    def sign(self, digest: bytes) -> _Signed:
        """The signature of what has this SHA-256 digest, by RFC 8017, section 8.2."""
        return _Signed(self._key.sign(digest, PKCS1v15(), Prehashed(SHA256())))


class _SignerAt(dkim.DKIM):  # type: ignore[misc]
    """The library's, which would say that it signed now: a message that is sent again would be another."""

    def __init__(self, content: bytes, moment: datetime, key: _SigningKey) -> None:
        super().__init__(content)
        self._moment = str(int(moment.timestamp())).encode()
        self._key = key

    def gen_header(
        self,
        fields: Sequence[tuple[bytes, bytes]],
        include_headers: Sequence[bytes],
        canon_policy: Any,
        header_name: bytes,
        _pk: Any,
    ) -> bytes:
        """The header of these fields, which name the algorithm that signs already."""
        fixed = [(name, self._moment if name == b"t" else value) for name, value in fields]
        # The one branch of the library in which the key itself signs the digest.
        self.signature_algorithm = b"ed25519-sha256"
        made: bytes = super().gen_header(fixed, include_headers, canon_policy, header_name, self._key)
        return made
