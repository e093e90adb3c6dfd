"""The runs of the line, the accounts of what was read, and the snapshots that can be opened again."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View
from dashboard.views.data import today
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, cell, empty, panel, table

OUTCOMES = {
    0: fmt.Mark("完成", "●", "good"),
    1: fmt.Mark("失败", "■", "bad"),
    3: fmt.Mark("完成，有隔离或沿用旧数", "▲", "warn"),
}
MOST = 30
MOST_REVISIONS = 200


def history(view: View) -> Node:
    """The last runs: when, how long, what was new, how it ended, what was published."""
    rows = view.w.runs()[:MOST]
    if not rows:
        return panel(view, "运行记录", empty("还没有运行记录；下一次汇集后显示在这里。"), cls="full")
    cols = [
        Col("开始时间"), Col("用时", "n"), Col("结果"), Col("有更新的模块", "w"), Col("读取", "n"), Col("入库", "n"), Col("隔离", "n"),
        Col("被更新替代", "n"), Col("发布快照"), Col("说明", "w"),
    ]  # fmt: skip
    titles = {m["module"]: m["title"] for m in view.w.modules()}
    body = []
    for r in rows:
        changed = [titles.get(m, m) for m in r.get("changed") or ()]
        troubled = [titles.get(m, m) for m in r.get("troubled") or ()]
        said = r.get("message") or (f"{_few(troubled)}未正常报送" if troubled else "")
        body.append([
            str(r.get("started_at") or "")[:16], f"{float(r.get('seconds') or 0):,.1f} 秒",
            marks.chip(OUTCOMES.get(int(r.get("exit_code") or 0), OUTCOMES[1])), _few(changed) or "无变化",
            *(fmt.fmt_number(r.get(k)) for k in ("read", "loaded", "quarantined", "superseded")),
            r["run_id"] if r.get("published") else "沿用", said,
        ])  # fmt: skip
    note = f"最近 {len(rows)} 次；行数为本次有更新的数据表之和" + today(view)
    return panel(view, "运行记录", table(cols, body, caption="运行记录", cls="tall"), note=note, cls="full")


def revisions(view: View) -> Node:
    """Months that had been reported already and were changed by a later delivery, by run and module."""
    rows = view.w.revisions()
    if not rows:
        return panel(view, "已报月份的修订", empty("没有迟到的更正：已报各月的数据自首次入库后没有改动。"), cls="full")
    titles = {m["module"]: m["title"] for m in view.w.modules()}
    cols = [
        Col("记录时间"), Col("汇集批次"), Col("模块"), Col("修订月份"), Col("新增", "n"), Col("更改", "n"), Col("删除", "n"), Col("数据表", "w"),
    ]  # fmt: skip
    body = [
        [str(r["recorded_at"])[:16], r["run_id"], h("a", titles.get(r["module"], r["module"]), href=view.place.subject("/data/contract", module=r["module"])),
         fmt.fmt_month(r["month"]), *(fmt.fmt_number(r[k]) for k in ("added", "changed", "removed")), "、".join(r["tables"])]
        for r in rows[:MOST_REVISIONS]
    ]  # fmt: skip
    more = f"；显示最近 {MOST_REVISIONS} 条" if len(rows) > MOST_REVISIONS else ""
    note = f"截至本快照 {len(rows)} 条；行数为该月新增、更改、删除的记录，各月指标已按更正后的数据重新计算{more}"
    return panel(view, "已报月份的修订", table(cols, body, caption="已报月份的修订", cls="tall"), note=note, sheet="revisions", cls="full")


def _few(names: list[str], most: int = 3) -> str:
    return "、".join(names[:most]) + (f"等 {len(names)} 个" if len(names) > most else "")


def snapshots(view: View) -> Node:
    """The snapshots on disk, each a way to see every page as of that time."""
    rows = view.w.snapshots()
    current = rows[0]["run_id"] if rows else ""
    body = []
    for r in rows:
        here = r["run_id"] == view.w.snapshot.run_id
        opened = h("span", "正在查看", cls="quiet") if here else h(
            "a", "按此快照查看", href=view.place.url(as_of=None if r["run_id"] == current else r["run_id"], month=None, offset=None)
        )  # fmt: skip
        body.append([
            r["run_id"], str(r["created_at"])[:16], cell(r["data_date"])[:10], fmt.fmt_month(r["latest_month"]), r.get("product_version"),
            f"{r['bytes'] / (1 << 20):,.1f} MB", "当前" if r["run_id"] == current else "", opened,
        ])  # fmt: skip
    cols = [Col("快照"), Col("发布时间"), Col("数据截至"), Col("最近月份"), Col("版本"), Col("大小", "n"), Col("状态"), Col("查看")]
    note = "发布后不再改动；打开后各页都按该快照的数据显示，链接可以转发"
    return panel(view, "数据快照", table(cols, body, caption="数据快照"), note=note, cls="full")


def loads(view: View) -> Node:
    """For every table: read = loaded + quarantined + superseded, in rows and in money."""
    rows = view.w.loads()
    titles = {m["module"]: m["title"] for m in view.w.modules()}
    cols = [
        Col("数据表"), Col("模块"), Col("批次", "n"), Col("读取", "n"), Col("入库", "n"), Col("隔离", "n"), Col("被更新替代", "n"), Col("存疑", "n"),
        Col("核对"), Col("金额：读取（万元）", "n"), Col("入库", "n"), Col("隔离", "n"), Col("替代", "n"), Col("核对"),
    ]  # fmt: skip
    body = []
    for r in rows:
        out: Node = "0"
        if r["quarantined"]:
            out = h("a", fmt.fmt_number(r["quarantined"]), href=view.place.subject("/data/quarantine", module=r["module"]))
        money: list[Node] = [fmt.NONE] * 5
        if r.get("money_read") is not None:
            parts = ("loaded", "quarantined", "superseded")
            even = abs(float(r["money_read"]) - sum(float(r[f"money_{k}"] or 0) for k in parts)) < 0.005
            money = [*(fmt.fmt_wan(r[f"money_{k}"]) for k in ("read", *parts)), _balance(even)]
        body.append([
            r["title"], titles.get(r["module"], r["module"]), cell(r.get("batch")), fmt.fmt_number(r["read"]), fmt.fmt_number(r["loaded"]), out,
            fmt.fmt_number(r["superseded"]), fmt.fmt_number(r["warned"]),
            _balance(r["read"] == (r["loaded"] or 0) + (r["quarantined"] or 0) + (r["superseded"] or 0)), *money,
        ])  # fmt: skip
    note = "最近一次接入：读取 = 入库 + 隔离 + 被更新替代"
    return panel(view, "接入核对", table(cols, body, caption="接入核对"), note=note, sheet="loads", cls="full")


def _balance(even: Any) -> Node:
    return marks.chip(fmt.Mark("平", "●", "good") if even else fmt.Mark("不平", "■", "bad"))
