"""The key that the audit trail is sealed with. It lies outside the ledger: whoever can write the database alone cannot make a line that fits."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable


class Seals:
    """The key in use and those used before, derived from the application's secrets; each has a short public name."""

    def __init__(self, secret: bytes, former: Iterable[bytes] = ()) -> None:
        self._keys: dict[str, bytes] = {}
        for one in (secret, *former):
            key = hmac.new(one, b"yiguan audit seal 1", hashlib.sha256).digest()
            self._keys.setdefault("k" + hashlib.sha256(b"name" + key).hexdigest()[:10], key)
        self.name = next(iter(self._keys))

    def knows(self, name: str) -> bool:
        """Whether there is a key of this name."""
        return name in self._keys

    def seal(self, text: bytes, name: str = "") -> str:
        """The keyed hash of a text, in hex; KeyError for a key that is not known."""
        return hmac.new(self._keys[name or self.name], text, hashlib.sha256).hexdigest()

    def fits(self, text: bytes, seal: str, name: str) -> bool:
        """Whether a seal was made over this text with the key of that name."""
        return name in self._keys and hmac.compare_digest(self.seal(text, name), seal)
