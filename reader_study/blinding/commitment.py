"""Fixing a protocol and a key in public without showing the key."""

import hashlib
import hmac
import json
from typing import Any

_KEY_TAG = b"negatoscope-key-v1\n"


def canonical_json(value: Any) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces and no escapes beyond JSON's own: equal values give equal bytes.

    Raises ValueError for NaN and infinities, TypeError for anything that JSON cannot say.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def digest_json(value: Any) -> str:
    """SHA-256, in hex, of `canonical_json`: the protocol hash."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def commit(key: Any, nonce: str) -> str:
    """The commitment to `key`: SHA-256, in hex, over a tag line, the nonce and a line feed, and the canonical JSON.

    It binds (another key with the same commitment would be a collision of SHA-256) and it hides as long as `nonce`,
    at least 32 random bytes in hex, is secret: without it, the few thousand plausible keys could be tried out.
    Raises ValueError for a nonce that is no hex or shorter.
    """
    if len(bytes.fromhex(nonce)) < 32:
        raise ValueError("The nonce of a commitment has at least 32 bytes.")
    return hashlib.sha256(_KEY_TAG + nonce.encode() + b"\n" + canonical_json(key)).hexdigest()


def opens(commitment: str, key: Any, nonce: str) -> bool:
    """Whether `key` and `nonce` are what `commitment` was made of."""
    return hmac.compare_digest(commit(key, nonce), commitment)
