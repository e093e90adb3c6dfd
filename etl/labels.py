"""How rows are told apart by what they are counted by: the month, a share of a key, only some of the columns; as labels and as the SQL behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from etl.clean import name

KEYED, OF = " # ", " | "
SHARES, FINE = 1024, 65536
"""Keys are told apart by this many shares of them, month by month or (finer) over all months: enough to leave out nearly everything, few enough
to remember."""


def label(month: str = "", key: str = "", columns: Sequence[str] = ()) -> str:
    """The label of a row as inputs name it: by month (SQL), by share of a key column, or by both; ``columns``: of all that a row says only these matter."""
    return month + (KEYED + key if key else "") + (OF + ",".join(columns) if columns else "")


def share(column: str, shares: int = SHARES) -> str:
    """SQL: the share to which a row's key belongs."""
    return f"hash({name(column)}) % {shares}"


def hashed(by: str) -> str:
    """SQL over rows ``t``: the hash of what matters of a row."""
    columns = by.partition(OF)[2]
    return f"hash({', '.join(f't.{name(c)}' for c in columns.split(','))})" if columns else "hash(t)"


def labelled(by: str) -> str:
    """SQL over rows ``t``: the label of a row."""
    month, _, key = by.partition(OF)[0].partition(KEYED)
    found = f"coalesce(cast({month} as varchar), '')" if month else "''"
    return f"{found} || '/' || {share(key, SHARES if month else FINE)}" if key else found


def counting(home: str, by: str) -> str:
    """SQL: (label, rows, sum of hashes) of a table. Grouped by month and share as they are: a label written out for every row costs more than all else."""
    month, _, key = by.partition(OF)[0].partition(KEYED)
    if not key:
        return f"select {labelled(by)}, count(*), cast(sum({hashed(by)}) as varchar) from {home} as t group by 1"
    m = f"coalesce(cast({month} as varchar), '')" if month else "''"
    given = f"{m} as m, {share(key, SHARES if month else FINE)} as k, {hashed(by)} as h"
    return f"select m || '/' || k, count(*), cast(sum(h) as varchar) from (select {given} from {home} as t) group by m, k"


def listed(months: Iterable[str]) -> str:
    """Months as an SQL list; months are checked to be nothing else."""
    quoted = [f"'{m}'" for m in sorted(months) if "'" not in m]
    return f"({', '.join(quoted) or 'null'})"
