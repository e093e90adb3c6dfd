"""Who may log in, and the sessions of those who did."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from dashboard.ledger.models.base import Base


class Account(Base):
    """A person who may log in. ``area_code``, ``role`` and ``providers`` make the scope; ``password_hash`` is argon2id.

    ``must_change``: the password was given by somebody else and nothing is answered until it is changed.  ``totp_secret``: the sealed secret of
    the second factor, empty without one; ``totp_step``: the last time step a code was accepted for, so that no code is good twice.
    ``providers``: ids of the only providers the account may see as sorted JSON, empty for all of its area.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    area_code: Mapped[str] = mapped_column(String(12))
    password_hash: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    password_changed_at: Mapped[int] = mapped_column(BigInteger)
    must_change: Mapped[bool] = mapped_column(Boolean, default=False)
    totp_secret: Mapped[str] = mapped_column(Text, default="")
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0)
    providers: Mapped[str] = mapped_column(Text, default="")


class Session(Base):
    """A login. The cookie holds a random token; only its keyed hash is kept, so that the table is of no use to a thief.

    ``stage``: ``code`` while the second factor has not been shown, else empty.  ``way``: password or the outside identity (``oidc``).
    ``agent``: the browser as it calls itself, for the owner's list of sessions.
    """

    __tablename__ = "session"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[int] = mapped_column(BigInteger)
    last_seen: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[int] = mapped_column(BigInteger)
    ip: Mapped[str] = mapped_column(String(64))
    revoked: Mapped[bool] = mapped_column(Boolean, default=False)
    stage: Mapped[str] = mapped_column(String(8), default="")
    way: Mapped[str] = mapped_column(String(16), default="password")
    agent: Mapped[str] = mapped_column(String(200), default="")


class LoginFailure(Base):
    """Failed logins of one name from one address; a name need not exist, so that the table does not tell which do.

    Kept by name *and* address: whoever guesses passwords locks himself out, never the owner of the account elsewhere.
    """

    __tablename__ = "login_failure"

    username: Mapped[str] = mapped_column(String(64), primary_key=True)
    ip: Mapped[str] = mapped_column(String(64), primary_key=True)
    failed_count: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[int] = mapped_column(BigInteger, default=0)
    last_at: Mapped[int] = mapped_column(BigInteger)


class PasswordHistory(Base):
    """Passwords an account had, as argon2id, so that the last ones are not used again."""

    __tablename__ = "password_history"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    set_at: Mapped[int] = mapped_column(BigInteger)


class RecoveryCode(Base):
    """A code that stands in for the second factor once; only its keyed hash is kept. ``used_at`` is 0 until then."""

    __tablename__ = "recovery_code"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[int] = mapped_column(BigInteger, default=0)


class OutsideIdentity(Base):
    """Whom an outside identity provider means: issuer and subject stand for one account, whatever name or mail they come with."""

    __tablename__ = "outside_identity"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id", ondelete="CASCADE"), index=True)
    bound_at: Mapped[int] = mapped_column(BigInteger)
    bound_by: Mapped[str] = mapped_column(String(64))
