"""Sealing: what is kept encrypted, readable and unchanged only in its own place."""

import base64
import binascii
import hashlib
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.core.errors import InvalidValue

key_bytes = 32
_NONCE_BYTES = 12
_KEY_ID_BYTES = 4
_FORMAT = b"\x01"


class CannotUnseal(Exception):
    """What is sealed was sealed with another key, or was changed or moved since."""


def read_sealing_key(text: str) -> bytes:
    """A key as it is configured: 32 bytes in base64. Raises `InvalidValue`, which does not show it."""
    try:
        key = base64.b64decode(text, altchars=b"-_" if {"-", "_"} & set(text) else None, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != key_bytes:
        raise InvalidValue(f"A sealing key is {key_bytes} bytes in base64; make one with `openssl rand -base64 32`")
    return key


class Sealer:
    """Seals with the first of its keys and opens with any (AES-256-GCM, NIST SP 800-38D)."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_key_id(key): AESGCM(key) for key in reversed(keys)}
        self._newest = _key_id(keys[0])

    def seal(self, content: bytes, place: str) -> str:
        """`content`, readable in `place` alone."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self._newest].encrypt(nonce, content, place.encode())
        return base64.b64encode(_FORMAT + self._newest + nonce + sealed).decode()

    def unseal(self, sealed: str, place: str) -> bytes:
        """What was sealed for `place`. Raises `CannotUnseal`."""
        raw = base64.b64decode(sealed)
        key_id, rest = raw[1 : 1 + _KEY_ID_BYTES], raw[1 + _KEY_ID_BYTES :]
        key = self._keys.get(key_id)
        if raw[:1] != _FORMAT or key is None:
            raise CannotUnseal(f"What is sealed for {place} needs another key, such as an old one")
        try:
            return key.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], place.encode())
        except InvalidTag:
            raise CannotUnseal(f"What is sealed for {place} was changed since, or sealed for another place") from None


def _key_id(key: bytes) -> bytes:
    """Says which key sealed, and nothing about the key."""
    return hashlib.sha256(b"gateway sealing key" + key).digest()[:_KEY_ID_BYTES]
