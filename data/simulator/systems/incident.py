"""The providers' own reports of incidents: a workbook a month, as the elder-care office collects the form from them."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import numpy as np

from data.simulator.accidents import HARM, KINDS
from data.simulator.mess import DATE_FORMS
from data.simulator.systems import Stage
from data.simulator.workbook import Column, workbook, write_sheet
from data.simulator.world import iso
from data.simulator.writers import stamps
from data.simulator.zero_reports import Filed, hand_in

COLUMNS = [
    Column("报告编号", "", 18),
    Column("报送单位", "统一社会信用代码", 22),
    Column("报送单位", "单位名称", 32),
    Column("涉及老年人", "老年人编号", 14),
    Column("事件情况", "发生时间", 20),
    Column("事件情况", "事件类别"),
    Column("事件情况", "后果"),
    Column("事件情况", "是否送医"),
    Column("事件情况", "经过简述", 40),
    Column("报告情况", "报告时间", 20),
    Column("报告情况", "报告人", 12),
]
ZERO_COLUMNS = [
    Column("报告编号", "", 18),
    Column("报送单位", "统一社会信用代码", 22),
    Column("报送单位", "单位名称", 32),
    Column("零报告", "报告月份"),
    Column("零报告", "报告时间", 20),
    Column("零报告", "报告人", 12),
]
STORIES = {
    "跌倒": "起身时失去平衡摔倒，护理员发现后扶起检查。", "压疮": "骶尾部皮肤破损，已加强翻身。", "走失": "独自外出未归，已寻回。",
    "噎食": "进食时呛噎，立即拍背清理。", "用药差错": "误服同室老人药物，已观察。", "突发疾病": "突感胸闷，已联系家属。", "其他": "与同室老人发生争执。",
}  # fmt: skip
NOTES = ["注：一事一行；当月无事件的单位报零报告，另见《零报告》。", "说明：后果分无伤害、轻伤、重伤、死亡；重伤和死亡应在 24 小时内报告。"]
REPORTERS = ("沈主任", "周护士长", "吴院长", "郑组长")


def write(stage: Stage) -> int:
    """incident/机构自报事件_YYYYMM.xlsx, sheet 自报事件; returns the number of rows."""
    world, accidents = stage.world, stage.accidents
    rng = world.rng("incident")
    delay = np.round(rng.gamma(1.3, 14, len(accidents.told)) * 3600).astype(np.int64) + 1200
    _plant(stage)
    zeros = hand_in(world, stage.firms, accidents)
    for kind, planted in zeros.irregular.items():
        world.truth.irregular[kind] += planted
    rows = 0
    for month in range(len(world.months)):
        mine = accidents.within(world, month, accidents.told)
        book = _begun(stage, month)
        rows += _reports(stage, book, month, mine, delay, rng)
        rows += _zeros(stage, book, month, zeros.filed[month])
        book.close()
    return rows


def _zeros(stage: Stage, book: Any, month: int, filed: list[Filed]) -> int:
    """The sheet 零报告 of one month."""
    world, months = stage.world, stage.world.months[month]
    name, words = months.replace("-", ""), f"{months[:4]}年{int(months[5:])}月"
    out: list[list[Any]] = []
    for f in filed:
        p, at = stage.firms[f.firm], stamps(np.array([f.second])).to_pylist()[0][:16]
        out.append([f"LB{name}{len(out) + 1:04d}", p.code, p.name, words if f.in_words else months, at, REPORTERS[f.firm % len(REPORTERS)]])
    if len(out) > 12 and month == len(world.months) - 3:
        code = out[5][1]
        out[5][1] = code[:17] + ("0" if code[17] != "0" else "1")
        world.truth.note("credit_code_wrong", "incident", f"零报告{name}", [out[5][0]], "统一社会信用代码", "warned")
    write_sheet(book, "零报告", f"{words}养老服务单位不良事件零报告汇总", f"月份：{words}", ZERO_COLUMNS, out, ["注：当月没有发生不良事件的单位报一行。"])
    return len(out)


def _begun(stage: Stage, month: int) -> Any:
    return workbook(stage.out / "incident" / f"机构自报事件_{stage.world.months[month].replace('-', '')}.xlsx")


def _plant(stage: Stage) -> None:
    """What the houses kept to themselves although somebody else has a record of it, and which houses do so as a habit."""
    accidents, irregular = stage.accidents, stage.world.truth.irregular
    sources = (("医疗", accidents.hospital), ("呼叫", accidents.called), ("设备", accidents.alarmed), ("投诉", accidents.complained))
    for k in np.flatnonzero(accidents.known):
        irregular["incident_reported" if accidents.told[k] else "incident_unreported"].append({
            "provider_id": stage.firms[accidents.firm[k]].id, "elder_id": stage.elders.ids[accidents.elder[k]],
            "happened_on": iso(int(accidents.second[k]) // 86_400)[0], "kind": KINDS[accidents.kind[k]], "harm": HARM[accidents.harm[k]],
            "known_by": [name for name, mask in sources if mask[k]],
        })  # fmt: skip
    for index, share in accidents.under.items():
        irregular["under_reporting_provider"].append({"provider_id": stage.firms[index].id, "share_reported": round(share, 2)})


def _reports(stage: Stage, book: Any, month: int, mine: np.ndarray, delay: np.ndarray, rng: np.random.Generator) -> int:
    """The sheet 自报事件 of one month: the rows by provider, a count below each provider."""
    world, accidents, truth = stage.world, stage.accidents, stage.world.truth
    name = world.months[month].replace("-", "")
    mine = mine[np.lexsort((accidents.second[mine], accidents.firm[mine]))]
    happened = np.array(stamps(accidents.second[mine]).to_pylist(), dtype=object)
    reported = np.array(stamps(accidents.second[mine] + delay[mine]).to_pylist(), dtype=object)
    data: list[list[Any]] = []
    for i, k in enumerate(mine):
        p, kind = stage.firms[accidents.firm[k]], KINDS[accidents.kind[k]]
        data.append([
            f"SB{name}{i + 1:04d}", p.code, p.name, stage.elders.ids[accidents.elder[k]], happened[i][:16], kind, HARM[accidents.harm[k]],
            "是" if accidents.sent[k] else "否", STORIES[kind], reported[i][:16], REPORTERS[k % len(REPORTERS)],
        ])  # fmt: skip
    place = ("incident", f"自报事件{name}")
    if len(data) > 12:
        spots = rng.permutation(len(data))[:5]
        odd = data[spots[0]]
        odd[4] = DATE_FORMS["date_chinese"](int(accidents.second[mine[spots[0]]]) // 86_400) + odd[4][10:]
        truth.note("date_chinese", *place, [odd[0]], "发生时间", "absorbed")
        data[spots[1]][3] = "'" + data[spots[1]][3]
        truth.note("key_apostrophe", *place, [data[spots[1]][0]], "老年人编号", "absorbed")
        if month == len(world.months) - 2:
            code = data[spots[2]][1]
            data[spots[2]][1] = code[:17] + ("0" if code[17] != "0" else "1")
            truth.note("credit_code_wrong", *place, [data[spots[2]][0]], "统一社会信用代码", "warned")
    out: list[list[Any]] = []
    for firm, members in groupby(data, key=lambda r: r[2]):
        rows = list(members)
        out += [*rows, ["小计", None, firm, f"{len(rows)} 件", *[None] * 7]]
    month_words = f"{name[:4]}年{int(name[4:])}月"
    write_sheet(book, "自报事件", f"{month_words}养老服务单位不良事件报告汇总", f"汇总单位：区民政局养老服务科    月份：{month_words}", COLUMNS, out, NOTES)
    return len(data)
