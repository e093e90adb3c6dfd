"""Passwords: argon2id, and as much work for a name that does not exist as for one that does."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()  # the library's defaults follow RFC 9106
# Each verification takes some 64 MB and tens of milliseconds: a flood of logins must not take the memory or the cores from the views.
_at_once = threading.BoundedSemaphore(2)
SHORTEST = 8


class AccountError(ValueError):
    """The account cannot be made or changed like this; the message says why, in Chinese."""


class Busy(Exception):  # noqa: N818
    """Too many logins at this moment."""


def check_strength(password: str, username: str) -> None:
    """AccountError for a password that is too short, too simple or the name itself."""
    kinds = sum(any(test(c) for c in password) for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum()))
    if len(password) < SHORTEST or kinds < 3 or username.lower() == password.lower():
        raise AccountError(f"密码至少 {SHORTEST} 位，须含大写字母、小写字母、数字、符号中的三种，且不得与用户名相同")


def hash_password(password: str) -> str:
    """The argon2id hash with its salt and parameters."""
    return _hasher.hash(password)


@cache
def _nobody() -> str:
    """The hash that is checked for a name that does not exist."""
    return _hasher.hash("nobody has this password")


def matches(digest: str | None, password: str, wait: float = 10.0) -> bool:
    """Whether the password fits; with ``None`` (no such account) the same work is done and the answer is no. Busy after ``wait`` seconds."""
    if not _at_once.acquire(timeout=wait):
        raise Busy
    try:
        _hasher.verify(digest or _nobody(), password[:1024])
        return digest is not None
    except (VerificationError, InvalidHashError):
        return False
    finally:
        _at_once.release()
