"""Passwords: argon2id, and as much work for a name that does not exist as for one that does."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()  # the library's defaults follow RFC 9106
# Each verification takes some 64 MB and tens of milliseconds: a flood of logins must not take the memory or the cores from the views.
AT_ONCE = 2
_at_once = threading.BoundedSemaphore(AT_ONCE)
SHORTEST = 8
KEPT = 5
"""The last so many passwords of an account, the present one included, are not used again."""
GUESSES = 3
"""What zxcvbn has to say at least (of 0 to 4): 3 withstands 100 million guesses, which no list of common passwords and no keyboard walk does."""
_KINDS = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())


class AccountError(ValueError):
    """The account cannot be made or changed like this; the message says why, in Chinese."""


class Busy(Exception):  # noqa: N818
    """Too many logins at this moment."""


def check_strength(password: str, username: str, display_name: str = "") -> None:
    """AccountError for a password that is too short, of too few kinds of characters, contains the name, or is easily guessed."""
    kinds = sum(any(test(c) for c in password) for test in _KINDS)
    if not SHORTEST <= len(password) <= 128 or kinds < 3:
        raise AccountError(f"密码至少 {SHORTEST} 位（不超过 128 位），须含大写字母、小写字母、数字、符号中的三种")
    lowered = password.lower()
    if any(len(name) > 1 and name in lowered for name in (username.lower(), display_name.strip().lower())):
        raise AccountError("密码不得包含用户名或姓名")
    from zxcvbn import zxcvbn  # its word lists take a tenth of a second to read

    if zxcvbn(password[:72], user_inputs=[username, display_name, "yiguan", "gongshu"])["score"] < GUESSES:
        raise AccountError("密码过于常见或容易猜到（如常用词加数字、键盘顺序、年份），请换一个")


def check_new(password: str, former: Iterable[str]) -> None:
    """AccountError for a password that the account has or had lately; ``former``: their hashes. Busy as :func:`matches`."""
    if any(matches(digest, password) for digest in former):
        raise AccountError(f"不得与最近 {KEPT} 次使用过的密码相同")


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
