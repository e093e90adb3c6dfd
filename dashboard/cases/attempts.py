"""What somebody was told whose step was not possible: kept in the audit trail, shown on the page that follows to nobody else."""

from __future__ import annotations

from dashboard.ledger import Ledger, audit

ACTION = "案件操作未办理"


def keep(ledger: Ledger, account: str, place: str, sentences: str, ip: str) -> int:
    """File the sentences (joined by ；) and return the number of the line."""
    with ledger.write() as session:
        return audit.append(session, account, ACTION, place, sentences, ip).id


def of(ledger: Ledger, account: str, line: str) -> list[str]:
    """The sentences of a line, if it is this account's own; else none."""
    if not (line.isascii() and line.isdigit() and len(line) < 18):
        return []
    found = ledger.fetch("select account, action, detail from audit where id = ?", [int(line)])
    if found is None or (found[0], found[1]) != (account, ACTION):
        return []
    return [sentence for sentence in str(found[2]).split("；") if sentence]
