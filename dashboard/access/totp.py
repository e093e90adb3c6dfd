"""The second factor: time-based codes (RFC 6238). The secret is sealed with a key of its own, derived from the application's secret key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import secrets
import time
from collections.abc import Iterable

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

STEP = 30
OFFER_SECONDS = 900
CODES = 10


class Sealer:
    """Seals secrets for the ledger, forms and cookies. What was sealed under a strange key, or for another purpose, does not open.

    ``former``: keys before this one; what was sealed under them still opens.
    """

    def __init__(self, key: bytes, former: Iterable[bytes] = ()) -> None:
        self._keys = [_derived(k) for k in (key, *former)]
        self._box = MultiFernet([Fernet(base64.urlsafe_b64encode(k)) for k in self._keys])

    def seal(self, purpose: str, text: str) -> str:
        """The text, sealed for a purpose (``account 7``)."""
        return self._box.encrypt(f"{purpose}\n{text}".encode()).decode()

    def open(self, purpose: str, sealed: str, seconds: int | None = None) -> str | None:
        """The text again; None where it was not sealed here for this purpose, or more than ``seconds`` ago."""
        try:
            text = self._box.decrypt(sealed.encode("utf-8", "replace"), ttl=seconds).decode()
        except (InvalidToken, ValueError):
            return None
        said, _, rest = text.partition("\n")
        return rest if said == purpose else None

    def digests(self, code: str) -> list[str]:
        """What the ledger keeps of a recovery code: the first is kept from now on, the others were kept under former keys."""
        return [hmac.new(key, plain(code).encode("utf-8", "replace"), hashlib.sha256).hexdigest() for key in self._keys]


def _derived(key: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"yiguan second factor").derive(key)


def new_secret() -> str:
    """A secret for an authenticator app (160 bits, base32)."""
    return pyotp.random_base32()


def accepted(secret: str, code: str, last_step: int, now: float | None = None) -> int | None:
    """The time step a code is good for, one step early or late allowed; None for a wrong code and for one at or before ``last_step``.

    The step accepted is kept by the caller, so that no code is good twice.
    """
    digits = plain(code)
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):
        return None
    totp, at = pyotp.TOTP(secret), int((time.time() if now is None else now) // STEP)
    for step in (at, at - 1, at + 1):
        if step > last_step and hmac.compare_digest(totp.generate_otp(step), digits):
            return step
    return None


def address(secret: str, username: str, issuer: str) -> str:
    """The ``otpauth:`` address that authenticator apps read."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=issuer)


def picture(text: str) -> str:
    """A QR code as an SVG data address, drawn here: the secret goes to nobody."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(drawn, kind="svg", scale=4, border=4, xmldecl=False, dark="#1d2939", light="#fff")
    return "data:image/svg+xml;base64," + base64.b64encode(drawn.getvalue()).decode()


def recovery_codes() -> list[str]:
    """Codes that each stand in for the second factor once."""
    return [f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(CODES)]


def plain(code: str) -> str:
    """A code without the spaces and dashes people type."""
    return "".join(c for c in code[:64].lower() if c not in " -\u3000")
