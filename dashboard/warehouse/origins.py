"""The way of a figure, as the snapshot keeps it: source columns, checked tables, marts, indicators; and back from a source table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from dashboard.warehouse.snapshot import Snapshot
from dashboard.warehouse.types import Unknown

ORDER = ("值", "条件", "区域", "月份")


@dataclass(frozen=True, slots=True)
class Source:
    """One source table on the way: ``columns`` as (source column, heading, roles); none where the table only decides which rows there are."""

    table: str
    module: str
    title: str
    source_table: str
    columns: tuple[tuple[str, str, str], ...]


@dataclass(slots=True)
class Way:
    """Nodes and edges of a picture. ``steps`` are marts by name → how far they are from the sources (1 = reads checked tables alone)."""

    sources: list[Source] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    indicators: list[str] = field(default_factory=list)
    counts: dict[str, dict[str, Any]] = field(default_factory=dict)


def _reads(snapshot: Snapshot) -> dict[str, list[str]]:
    def read() -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for mart, reads in snapshot.query("select mart, reads from meta_reads order by mart, reads"):
            found.setdefault(mart, []).append(reads)
        return found

    return snapshot.once("reads", read)


def _counts(snapshot: Snapshot, tables: list[str]) -> dict[str, dict[str, Any]]:
    rows = snapshot.dicts("select module || '_' || table_name as name, read, loaded, quarantined, superseded from meta_load")
    return {r["name"]: r for r in rows if r["name"] in tables}


def _known(snapshot: Snapshot) -> None:
    if not {"meta_origin", "meta_reads", "meta_field"} <= snapshot.tables.keys():
        raise Unknown("lineage")  # a snapshot from before the way was kept


def _depths(reads: dict[str, list[str]], marts: set[str]) -> dict[str, int]:
    """How many marts lie between the sources and each of these."""
    found: dict[str, int] = {}

    def depth(mart: str) -> int:
        if mart not in found:
            found[mart] = 1  # guards against a circle
            found[mart] = 1 + max((depth(r) for r in reads.get(mart, ()) if r in marts), default=0)
        return found[mart]

    for mart in sorted(marts):
        depth(mart)
    return found


def _sources(snapshot: Snapshot, columns: dict[str, dict[str, set[str]]]) -> list[Source]:
    """Source tables with the columns asked for: table → column → roles."""
    fields: dict[str, list[dict[str, Any]]] = {}
    for row in snapshot.dicts("select * from meta_field"):
        fields.setdefault(row["table_name"], []).append(row)
    found = []
    for table, wanted in columns.items():
        rows = fields.get(table)
        if not rows:
            continue
        shown: dict[str, tuple[str, set[str]]] = {}
        for r in rows:
            if r["column_name"] in wanted:
                shown.setdefault(r["source_column"], (r["heading"], set()))[1].update(wanted[r["column_name"]])
        lines = [(c, heading, "、".join(x for x in ORDER if x in roles)) for c, (heading, roles) in shown.items()]
        lines.sort(key=lambda line: min(ORDER.index(x) for x in line[2].split("、")))
        found.append(Source(table, rows[0]["module"], rows[0]["title"], rows[0]["source_table"], tuple(lines)))
    return found


def of_indicator(snapshot: Snapshot, code: str) -> Way:
    """From the sources to one indicator. Unknown in a snapshot that does not keep it."""
    _known(snapshot)
    reads = _reads(snapshot)
    rows = snapshot.query("select role, mart, table_name, column_name from meta_origin where indicator = ?", [code])
    columns: dict[str, dict[str, set[str]]] = {}
    for role, _, table, column in rows:
        held = columns.setdefault(table, {})
        if column and role:
            held.setdefault(column, set()).add(role)
    ends = {mart for _, mart, _, _ in rows}
    # Only what leads to those sources: a mart looked up on the way for a name alone is left out.
    leading: dict[str, bool] = {}

    def leads(node: str) -> bool:
        if node not in leading:
            leading[node] = False
            inner = [leads(r) for r in reads.get(node, ())]
            leading[node] = node in columns or any(inner)
        return leading[node]

    marts: set[str] = set()
    edges: set[tuple[str, str]] = set()
    todo = [m for m in ends if leads(m)]
    while todo:
        mart = todo.pop()
        if mart in marts:
            continue
        marts.add(mart)
        for r in reads.get(mart, ()):
            if leads(r):
                edges.add((r, mart))
                if r in reads:
                    todo.append(r)
    edges |= {(m, code) for m in ends if m in marts}
    reached = {a for a, _ in edges}
    sources = _sources(snapshot, {t: c for t, c in sorted(columns.items()) if t in reached})
    return Way(sources, _depths(reads, marts), sorted(edges), [code], _counts(snapshot, [s.table for s in sources]))


def of_table(snapshot: Snapshot, table: Any) -> Way:
    """From one source table to everything that depends on it. Unknown for a table that does not exist."""
    _known(snapshot)
    reads = _reads(snapshot)
    columns = [r[0] for r in snapshot.query("select distinct column_name from meta_field where table_name = ?", [str(table)])]
    if not columns:
        raise Unknown("table")
    rows = snapshot.query("select distinct indicator, mart, role, column_name from meta_origin where table_name = ?", [table])
    used: dict[str, set[str]] = {}
    for _, _, role, column in rows:
        if column and role:
            used.setdefault(column, set()).add(role)
    ends = {(mart, indicator) for indicator, mart, _, _ in rows if indicator in snapshot.indicators}
    above: set[str] = {table}
    changed = True
    while changed:
        more = {mart for mart, inner in reads.items() if mart not in above and above & set(inner)}
        changed = bool(more)
        above |= more
    # Only marts on a way to an indicator that the table decides.
    wanted, todo = set(), [mart for mart, _ in ends if mart in above]
    while todo:
        mart = todo.pop()
        if mart not in wanted and mart in above and mart != table:
            wanted.add(mart)
            todo += [r for r in reads.get(mart, ()) if r in above]
    edges = {(r, mart) for mart in wanted for r in reads[mart] if r in wanted or r == table}
    edges |= {(mart, indicator) for mart, indicator in ends if mart in wanted}
    sources = _sources(snapshot, {str(table): used})
    codes = sorted({i for m, i in ends if m in wanted}, key=list(snapshot.indicators).index)
    return Way(sources, _depths(reads, wanted), sorted(edges), codes, _counts(snapshot, [str(table)]))
