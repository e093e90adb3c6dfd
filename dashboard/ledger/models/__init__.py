"""The ledger's tables, one file a subject; every file of this folder belongs to the ledger and needs a migration (``migrations/versions``)."""

from __future__ import annotations

import importlib
import pkgutil

from dashboard.ledger.models.accounts import (
    Account,
    LoginFailure,
    OutsideIdentity,
    PasswordHistory,
    RecoveryCode,
    Session,
)
from dashboard.ledger.models.audit import AuditLine
from dashboard.ledger.models.base import Base

for _info in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_info.name}")

__all__ = [
    "Account",
    "AuditLine",
    "Base",
    "LoginFailure",
    "OutsideIdentity",
    "PasswordHistory",
    "RecoveryCode",
    "Session",
]
