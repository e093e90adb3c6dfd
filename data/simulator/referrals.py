"""The hospitals' record of elders brought in for an injury or an acute illness: those in beds by the list of accidents, and others from home."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from data.simulator.accidents import CHOKE, DRUG, FALL, ILL, OTHER, SORE, STRAY
from data.simulator.bigsheet import long_sheet
from data.simulator.mess import damage_dates
from data.simulator.workbook import Column
from data.simulator.world import iso
from data.simulator.writers import stamps

if TYPE_CHECKING:
    from data.simulator.systems import Stage

HOSPITALS = np.array(["岚汀医院", "煦舟康复医院", "澄屿老年病医院", "沅澜医院"], dtype=object)
FROM_HOME = 170
CAUSES = {FALL: "跌倒", SORE: "压力性损伤", STRAY: "走失受伤", CHOKE: "异物窒息", DRUG: "药物不良事件", ILL: "急性发病", OTHER: "其他外因"}
GRADES = np.array(["轻", "轻", "重", "死亡"], dtype=object)
UNCLEAR = 0.06


def write_referrals(stage: Stage) -> int:
    """medical/送诊记录_<year>.xlsx; returns the number of rows."""
    world, people, accidents = stage.world, stage.elders, stage.accidents
    rng = world.rng("medical referrals")
    mine = np.flatnonzero(accidents.hospital)
    # Those who fell ill or were hurt at home; nobody who lives in a bed.
    n = int(rng.poisson(FROM_HOME * world.scale * len(world.months)))
    pool = np.flatnonzero((people.gone > world.end) & (people.registered < world.start) & (accidents.housed_to < 0) & ~people.elsewhere)
    frail = 0.2 + people.level[pool] + 0.02 * (world.end - people.birth[pool]) / 365.25
    home = rng.choice(pool, n, p=frail / frail.sum())
    hurt_at_home = rng.integers(world.start * 86_400, (world.end + 1) * 86_400, n)
    who = np.r_[accidents.elder[mine], home]
    hurt = np.r_[accidents.second[mine], hurt_at_home]
    kind = np.r_[accidents.kind[mine], rng.choice([FALL, ILL, CHOKE, OTHER], n, p=[0.38, 0.52, 0.03, 0.07])]
    harm = np.r_[accidents.harm[mine], rng.choice(3, n, p=[0.1, 0.6, 0.3])]
    order = np.argsort(hurt, kind="stable")
    who, hurt, kind, harm = who[order], hurt[order], kind[order], harm[order]
    came = hurt + rng.integers(1500, 15_000, len(who))
    cause = np.array(list(CAUSES.values()), dtype=object)[np.searchsorted(list(CAUSES), kind)]
    cause = np.where(rng.random(len(who)) < UNCLEAR, "原因未记", cause)
    days = came // 86_400
    year = iso(days).astype("U4")
    keys = np.array([f"SZ{y}{i + 1:06d}" for i, y in enumerate(year)], dtype=object)
    told = np.where(rng.random(len(who)) < 0.85, np.array(stamps(hurt).to_pylist(), dtype=object), None)
    arrived = np.array(stamps(came).to_pylist(), dtype=object)
    written = damage_dates(arrived, days, keys, 0.0, world.truth, ("medical", "送诊", "到诊时间"), rng)
    columns = [Column("送诊编号", "", 18), Column("送诊对象", "老年人编号", 16), Column("就诊情况", "就诊医院", 20)]
    columns += [Column("就诊情况", h, 20) for h in ("到诊时间", "受伤或发病时间", "就诊类别", "外因或诊断", "伤情")]
    visit = np.where(harm >= 2, "住院", "急诊").astype(object)
    table = [keys, people.ids[who], rng.choice(HOSPITALS, len(who)), written, told, visit, cause, GRADES[harm]]
    rows = 0
    for y in np.unique(year):
        pick = np.flatnonzero(year == y)
        rows += long_sheet(
            stage.out / "medical" / f"送诊记录_{y}.xlsx", "送诊", f"{y} 年老年人外伤及急症送诊记录", f"年度：{y}", columns,
            [c[pick] for c in table], ["注：受伤或发病时间由送诊人自述，可为空。", "填报单位：区卫生健康局医政科"],
        )  # fmt: skip
    return rows
