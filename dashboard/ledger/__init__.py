"""The ledger: what officials decide and do. ``ledger.open(url)`` is the one way to it."""

from dashboard.ledger.models import (
    Account,
    AuditLine,
    LoginFailure,
    OutsideIdentity,
    PasswordHistory,
    RecoveryCode,
    Session,
)
from dashboard.ledger.store import Ledger, LedgerError
from dashboard.ledger.store import open_ledger as open

__all__ = [
    "Account",
    "AuditLine",
    "Ledger",
    "LedgerError",
    "LoginFailure",
    "OutsideIdentity",
    "PasswordHistory",
    "RecoveryCode",
    "Session",
    "open",
]
