"""What a run does about damaged files of its own: say so, fall back to what is whole, build the rest again.

A power failure, a full disk or a failing one may leave a torn pointer, a damaged snapshot or a damaged work file. None of them is the
only copy: snapshots stand beside one another with their hashes, the work file can be built again from the sources.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from etl import publish
from etl.paths import DAMAGED, Layout

_SIGNS = ("corrupt", "not a valid duckdb", "could not read enough bytes", "failure while replaying wal", "failed to deserialize", "serialization error")
_NO_DAMAGE = ("no space left", "could not set lock", "permission denied", "too many open files")


def mend(layout: Layout, trusting: bool = False) -> list[str]:
    """Check pointer and current snapshot before a run and put right what can be; what was done, one Chinese sentence each.

    ``trusting``: as in :func:`publish.whole`, for a micro-batch; every night the bytes are read.
    A run that begins without a usable pointer publishes anew, because there is nothing that its result could be the same as.
    """
    if not layout.pointer.exists():
        good = publish.newest_good(layout)
        if good is None:
            return []
        publish.point(layout, good)
        return [f"快照指针丢失，已指回最近一份完好的快照 {good['run_id']}。"]
    named = publish.named(layout)
    what = f"快照 {named['run_id']}" if named else "快照指针"
    if named and publish.whole(layout, named, trusting):
        return []
    if named and (broken := layout.snapshots / named["file"]).is_file():
        broken.replace(broken.with_name(broken.name + DAMAGED))
    good = publish.newest_good(layout)
    if good is None:
        layout.pointer.unlink()
        return [f"{what}已损坏，也没有其他完好的快照，将重新发布。"]
    publish.point(layout, good)
    return [f"{what}已损坏，已改用最近一份完好的快照 {good['run_id']}，将重新发布。"]


def is_damage(error: BaseException) -> bool:
    """True where the database says that its file is broken, and not merely that it is in use or the disk is full."""
    text = str(error).lower()
    return isinstance(error, duckdb.Error) and any(s in text for s in _SIGNS) and not any(s in text for s in _NO_DAMAGE)


def set_aside(layout: Layout, error: BaseException) -> str:
    """Move the damaged part of the work file out of the way (the latest is kept beside it); what was done, in one sentence.

    A damaged log takes only what was not yet written into the file with it; a damaged file takes everything, and is built again.
    """
    log = layout.work.with_name(layout.work.name + ".wal")
    if "wal" in str(error).lower() and log.exists():
        log.replace(log.with_name(log.name + DAMAGED))
        return "工作库的日志已损坏，已移开；退回到上次写入的状态后重新读取。"
    for path in (layout.work, log):
        if path.exists():
            path.replace(path.with_name(path.name + DAMAGED))
    return "工作库文件已损坏，已移开并从各来源重新建立；此刻读不到的来源暂缺数据，可用 yiguan restore 取回备份中的工作库。"


def damaged_files(layout: Layout) -> list[Path]:
    """What was moved aside and may be deleted once its cause is known."""
    return sorted(layout.base.rglob(f"*{DAMAGED}"))


def work_problem(layout: Layout) -> str | None:
    """None where the work file opens and can be read (or there is none yet, or a run holds it); else one sentence."""
    if not layout.work.exists():
        return None
    try:
        with duckdb.connect(str(layout.work), read_only=True) as con:
            for (table,) in con.execute("select distinct table_name from duckdb_tables() where schema_name = 'state'").fetchall():
                con.execute(f'select count(*) from state."{table}"').fetchall()
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            return None
        return "工作库文件已损坏，无法打开" if is_damage(error) else f"工作库无法打开：{str(error).splitlines()[0]}"
    return None
