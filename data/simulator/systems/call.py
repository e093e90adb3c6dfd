"""The call centre's monthly log, as its switch exports it: CSV in GB18030."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data.simulator.responders import NOBODY, Responders
from data.simulator.systems import Stage
from data.simulator.writers import csv_file, stamps

CALLS_A_MONTH = 10_400
KINDS = ("应急", "服务", "咨询", "投诉")
SHARES = (0.055, 0.60, 0.28, 0.065)
HOURS = np.array([2, 1, 1, 1, 1, 3, 8, 18, 30, 34, 32, 26, 18, 22, 28, 28, 24, 18, 13, 10, 8, 6, 4, 3], dtype=float)
OUTCOMES = np.array(["已到场处置", "已派单", "已答复", "已转办", "未接通", "已到场，送医", "派单未到场"], dtype=object)
ARRIVED, SENT, ADVISED, PASSED_ON, MISSED, HOSPITAL, NOBODY_CAME = range(7)
AGENTS = 14
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


def write(stage: Stage) -> int:
    """话务记录_YYYYMM.csv a month; returns the number of calls."""
    folder = stage.out / "call"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    people = Responders(stage.world, stage.firms)
    return sum(_month(stage, people, month) for month in range(len(stage.world.months)))


def _month(stage: Stage, people: Responders, month: int) -> int:
    world, elders = stage.world, stage.elders
    name = world.months[month].replace("-", "")
    rng = world.rng(f"call {name}")
    first, last = world.first_day(month), world.last_day(month)
    n = int(rng.poisson(max(60, CALLS_A_MONTH * world.scale * (1.08 if name[4:] in ("07", "08", "12", "01") else 1.0))))
    here = np.flatnonzero(elders.resident(last) & (elders.registered <= first) & ~elders.elsewhere)
    weight = 0.08 + 1.0 * (elders.served_to[here] > 0) + 0.5 * (elders.level[here] > 0) + 0.3 * (elders.living[here] < 2)
    caller = rng.choice(here, n, p=weight / weight.sum())
    hour = rng.choice(24, n, p=HOURS / HOURS.sum())
    at = np.sort(rng.integers(first, last + 1, n) * 86_400 + hour * 3600 + rng.integers(0, 3600, n))
    kind = rng.choice(4, n, p=SHARES)
    # Who lives in a bed has no home to be fetched from; what happens to them there is in the list of accidents.
    kind = np.where((kind == 0) & stage.accidents.housed(caller, at), 1, kind)
    busy = np.interp(month % 12, [0, 6, 11], [1.1, 0.95, 1.05])
    answered = np.round(rng.lognormal(np.log(np.where(kind == 0, 5.5, 10.0) * busy), 0.62, n)).astype(np.int64)
    missed = rng.random(n) < np.where(kind == 0, 0.004, 0.028)
    chosen = people.choose(month, world.communities["street"][elders.community[caller]], rng)
    bad = people.badness(month, chosen)
    sent = ~missed & (kind < 2) & (chosen != NOBODY) & (rng.random(n) < np.where(kind == 0, 0.985, 0.9))
    dispatched = answered + np.round(rng.lognormal(np.log(np.where(kind == 0, 62, 260)), 0.5, n)).astype(np.int64)
    came = sent & (kind == 0) & (rng.random(n) < 0.985 - 0.05 * bad)
    arrived = dispatched + np.round(rng.lognormal(np.log(640), 0.42, n) * (0.75 + 1.7 * bad**1.2)).astype(np.int64)
    for p in stage.firms:
        # Whoever invents orders also invents his punctuality: ten minutes to the second, each time.
        if p.has("fraud"):
            invented = came & (chosen == p.index)
            arrived[invented] = np.maximum(600, dispatched[invented])
            if invented.any():
                world.truth.irregular["invented_arrival"].append({"provider_id": p.id, "month": world.months[month],
                                                                  "calls": int(invented.sum())})  # fmt: skip
    outcome = np.where(missed, MISSED, np.where(kind >= 2, np.where(kind == 2, ADVISED, PASSED_ON), np.where(sent, SENT, ADVISED)))
    outcome = np.where(came, np.where(rng.random(n) < 0.2, HOSPITAL, ARRIVED), np.where(sent & (kind == 0), NOBODY_CAME, outcome))
    unknown = rng.random(n) < 0.06
    columns = {
        "流水号": np.array([f"HJ{name}{i:06d}" for i in range(1, n + 1)], dtype=object),
        "来电时间": np.array(stamps(at).to_pylist(), dtype=object),
        "来电号码": _numbers(n, rng),
        "老年人编号": np.where(unknown, "", elders.ids[caller]),
        "来电类别": np.array(KINDS, dtype=object)[kind],
        "应答用时(秒)": _seconds(answered, missed),
        "派单用时(秒)": _seconds(dispatched, ~sent),
        "到场用时(秒)": _seconds(arrived, ~came),
        "承办单位编号": np.where(sent, people.codes[np.maximum(chosen, 0)], ""),
        "坐席工号": np.array([f"Z{v:02d}" for v in range(1, AGENTS + 1)], dtype=object)[rng.integers(0, AGENTS, n)],
        "处理结果": OUTCOMES[outcome],
    }
    columns["坐席工号"][missed] = ""
    rows = _damage(stage, columns, at, came, name, rng)
    more = _from_houses(stage, month, len(at), world.rng(f"call accidents {name}"))
    rows = {k: np.r_[v, more[k]] for k, v in rows.items()}
    arrays = {k: pa.array(v.tolist(), pa.string()) for k, v in rows.items()}
    total = {"流水号": "合计", "来电时间": f"{len(rows['流水号'])} 次"}
    return csv_file(stage.out / "call" / f"话务记录_{name}.csv", arrays, total)


def _from_houses(stage: Stage, month: int, before: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Houses that call for help themselves when one of their residents has an accident."""
    world, accidents = stage.world, stage.accidents
    mine = accidents.within(world, month, accidents.called)
    n, name = len(mine), world.months[month].replace("-", "")
    at = accidents.second[mine] + rng.integers(60, 900, n)
    answered = rng.integers(2, 12, n)
    sent = answered + rng.integers(20, 120, n)
    return {
        "流水号": np.array([f"HJ{name}{before + i:06d}" for i in range(1, n + 1)], dtype=object),
        "来电时间": np.array(stamps(at).to_pylist(), dtype=object),
        "来电号码": _numbers(n, rng),
        "老年人编号": stage.elders.ids[accidents.elder[mine]],
        "来电类别": np.full(n, KINDS[0], dtype=object),
        "应答用时(秒)": answered.astype(str).astype(object),
        "派单用时(秒)": sent.astype(str).astype(object),
        "到场用时(秒)": (sent + rng.integers(200, 1200, n)).astype(str).astype(object),
        "承办单位编号": np.array([stage.firms[i].id for i in accidents.firm[mine]], dtype=object),
        "坐席工号": np.array([f"Z{v:02d}" for v in range(1, AGENTS + 1)], dtype=object)[rng.integers(0, AGENTS, n)],
        "处理结果": np.full(n, OUTCOMES[HOSPITAL], dtype=object),
    }


def _numbers(n: int, rng: np.random.Generator) -> np.ndarray:
    """Telephone numbers in a form that is never assigned."""
    head = rng.choice([35, 36, 37, 38, 39, 58, 87], n).astype(np.int64)
    return (10**10 + head * 10**8 + rng.integers(0, 10**5, n)).astype(str).astype(object)


def _seconds(values: np.ndarray, missing: np.ndarray) -> np.ndarray:
    out = values.astype(str).astype(object)
    out[missing] = ""
    return out


def _damage(
    stage: Stage, columns: dict[str, np.ndarray], at: np.ndarray, came: np.ndarray, name: str, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """What the export does to a few rows: other forms of time, full-width digits, impossible times, a row twice."""
    truth, place = stage.world.truth, ("call", f"话务记录_{name}")
    ids = columns["流水号"]
    spots = rng.permutation(len(at))[:9]
    for i in spots[:3]:
        moment = np.datetime64(int(at[i]), "s").item()
        columns["来电时间"][i] = f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M:%S}"
    truth.note("date_chinese", *place, ids[spots[:3]], "来电时间", "absorbed")
    for i in spots[3:5]:
        columns["应答用时(秒)"][i] = columns["应答用时(秒)"][i].translate(FULL_WIDTH)
    truth.note("full_width_digits", *place, ids[spots[3:5]], "应答用时(秒)", "absorbed")
    columns["应答用时(秒)"][spots[5]] = "-1"
    truth.note("seconds_below_zero", *place, ids[spots[5:6]], "应答用时(秒)", "quarantined")
    late = np.setdiff1d(np.flatnonzero(came), spots)[:1]
    columns["到场用时(秒)"][late] = "0"
    truth.note("arrived_before_sent", *place, ids[late], "到场用时(秒)", "quarantined")
    again = spots[6:8]
    truth.note("delivered_twice", *place, ids[again], "", "superseded")
    order = np.sort(np.r_[np.arange(len(at)), again])
    return {k: v[order] for k, v in columns.items()}
