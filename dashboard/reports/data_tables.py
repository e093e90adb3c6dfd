"""The tables of the pages 数据: modules, deliveries, revisions, loads, and what goes back to its owner."""

from __future__ import annotations

from collections.abc import Callable

from dashboard.format import MODULE_STATES
from dashboard.reports.table_file import Sheet, Wish
from dashboard.warehouse import Rows, Warehouse


def modules(w: Warehouse, wish: Wish) -> Sheet:
    rows = [
        (m["title"], m["owner"], m["cadence"], str(MODULE_STATES[m["status"]].word) if m["status"] in MODULE_STATES else m["status"], m["data_date"],
         m["loaded_at"], m["rows"], m["message"])
        for m in w.modules()
    ]  # fmt: skip
    return Sheet("数据模块", ("数据模块", "报送单位", "频次", "状态", "数据时点", "汇集时间", "记录数", "说明"), rows)


def arrivals(w: Warehouse, wish: Wish) -> Sheet:
    titles = {m["module"]: m["title"] for m in w.modules()}
    rows = [
        (titles.get(r["module"], r["module"]), r["unit"], r["street"], r["newest_on"], r["days_behind"], "按期" if r["on_time"] else "未报")
        for r in w.arrivals(wish.area)
    ]
    columns = ("数据模块", "报送单位", "街道", "数据最近到", "落后天数", "最近月份")
    return Sheet("各单位报送情况", columns, rows, "各自报送的食堂、站点、有床位的服务单位和任务牵头部门")


def revisions(w: Warehouse, wish: Wish) -> Sheet:
    titles = {m["module"]: m["title"] for m in w.modules()}
    rows = [
        (r["recorded_at"], r["run_id"], titles.get(r["module"], r["module"]), r["month"], r["added"], r["changed"], r["removed"], "、".join(r["tables"]))
        for r in w.revisions()
    ]
    columns = ("记录时间", "汇集批次", "数据模块", "修订月份", "新增", "更改", "删除", "数据表")
    return Sheet("已报月份的修订", columns, rows, "已报各月因迟到的更正而新增、更改、删除的记录数")


def loads(w: Warehouse, wish: Wish) -> Sheet:
    keys = (
        "read",
        "loaded",
        "quarantined",
        "superseded",
        "warned",
        "money_read",
        "money_loaded",
        "money_quarantined",
        "money_superseded",
    )
    titles = ("读取", "入库", "隔离", "被替代", "存疑", "读取金额（元）", "入库金额（元）", "隔离金额（元）", "被替代金额（元）")
    rows = [(m["module"], m["title"], m["batch"], *(m[k] for k in keys)) for m in w.loads()]
    return Sheet("接入核对", ("数据模块", "数据表", "批次", *titles), rows, "读取 = 入库 + 隔离 + 被替代")


def rejected(w: Warehouse, read: Callable[..., Rows], title: str, wish: Wish) -> Sheet:
    """All rejected rows of the reader's own area, whatever area he looks at."""
    first = read(wish.module, offset=0, limit=5000)
    rows = list(first.rows[: wish.cap])
    while len(rows) < min(first.total, wish.cap):
        more = read(wish.module, offset=len(rows), limit=5000).rows
        if not more:
            break
        rows += more[: wish.cap - len(rows)]
    names = {m["module"]: m["title"] for m in w.modules()}
    at = next(i for i, c in enumerate(first.columns) if c.name == "module")
    shown = [(*row[:at], names.get(row[at], row[at]), *row[at + 1 :]) for row in rows]
    return Sheet(title, tuple(c.title for c in first.columns), shown, f"{w.root.name}范围内的全部记录", total=first.total)


def returns(w: Warehouse, wish: Wish) -> Sheet:
    """The rows that go back to one owner: where each stands in what he delivered, and what is wrong with it."""
    rows, total = w.returned_rows(wish.owner, wish.cap)
    columns = ("数据模块", "数据表", "来源（文件、工作表或库表）", "行号", "记录编号（脱敏）", "字段", "原值（脱敏）", "规则", "原因", "批次", "更正后的值", "更正说明")
    words = {"malformed": "整行损坏", "invalid": "格式", "missing": "必填", "range": "范围", "reference": "关联", "rule": "业务规则"}
    shown = [
        (r["title"], r["table"], r["source"], r["line"], r["row_key"], r["column_title"], r["value_masked"], words.get(r["rule"], r["rule"]), r["sentence"],
         r["batch"], "", "")
        for r in rows
    ]  # fmt: skip
    said = f"以下各行未通过核验，没有入库。请{wish.owner}在原系统中更正后重新报送。"
    if any(r["line"] for r in rows):
        said += "文件按行号查找：工作表和文本文件的行号从 1 起，含表头和空行。"
    if any(r["line"] is None for r in rows):
        said += "数据库和接口的记录没有行号，按记录编号（原系统的列名和值）查找。"
    return Sheet(f"退回清单 {wish.owner}", columns, shown, said, total=total)
