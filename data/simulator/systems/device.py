"""The device platform: devices in elders' homes, and a file of alarms a month, JSON Lines as such platforms write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson

from data.simulator.responders import NOBODY, Responders
from data.simulator.systems import Stage
from data.simulator.world import NEVER, iso

DEVICES, ALARMS_A_MONTH = 6_000, 6_250
KINDS = ("门磁", "水表", "烟感", "手环", "家庭养老床位")
SHARES = (0.22, 0.20, 0.28, 0.22, 0.08)
ALARMS = {
    "门磁": (("长时间未出门", "夜间外出", "低电量"), (0.62, 0.28, 0.10)),
    "水表": (("用水异常", "低电量"), (0.93, 0.07)),
    "烟感": (("烟雾", "低电量"), (0.72, 0.28)),
    "手环": (("跌倒", "一键求助", "低电量"), (0.46, 0.34, 0.20)),
    "家庭养老床位": (("离床未归", "呼吸异常"), (0.68, 0.32)),
}
MAKERS = (("澄屿物联", "CY"), ("禾汀安全", "HT"), ("岚宥科技", "LY"))
UTC_MAKER = 2
RESULTS = {True: ("已到场，已处置", "电话联系家属后处置", "送医", "通知物业处置"), False: ("误触发", "电话核实无事", "设备误报")}


def write(stage: Stage) -> int:
    """devices.jsonl and alarms_YYYYMM.jsonl; returns the number of lines."""
    folder = stage.out / "device"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.jsonl"):
        old.unlink()
    fleet = _Fleet(stage)
    lines = fleet.write(folder / "devices.jsonl")
    for month in range(len(stage.world.months)):
        lines += _alarms(stage, fleet, month, folder)
    return lines


class _Fleet:
    """The devices: equally long arrays; days since 1970."""

    def __init__(self, stage: Stage):
        world, elders, rng = stage.world, stage.elders, stage.world.rng("device")
        n = world.count(DEVICES)
        need = 0.15 + 1.2 * (elders.served_to > 0) + 1.5 * (elders.level > 1) + 0.8 * (elders.living < 2)
        pool = np.flatnonzero((elders.gone > world.start) & ~elders.elsewhere & ~elders.rejected)
        self.elder = rng.choice(pool, n, p=need[pool] / need[pool].sum())
        self.kind = rng.choice(len(KINDS), n, p=SHARES)
        frail = elders.level[self.elder] >= 2
        self.kind = np.where(frail & (rng.random(n) < 0.35), 4, np.where(~frail & (self.kind == 4), 2, self.kind))
        last = np.minimum(elders.gone[self.elder], world.end)
        installed = world.start - rng.integers(10, 700, n)
        later = rng.random(n) < 0.35
        installed[later] = rng.integers(world.start, world.end - 12, later.sum())
        self.installed = np.minimum(np.maximum(installed, elders.registered[self.elder]), last - 5)
        left = elders.gone[self.elder] <= world.end
        removed = np.where(left, elders.gone[self.elder] + rng.integers(5, 60, n), NEVER)
        scrapped = ~left & (rng.random(n) < 0.05)
        removed[scrapped] = self.installed[scrapped] + rng.integers(60, 900, scrapped.sum())
        # Nobody collects some of them after the elder has died or moved away.
        forgotten = left & (elders.gone[self.elder] < world.end - 90) & (rng.random(n) < 0.06)
        self.removed = np.where(forgotten | (removed > world.end), NEVER, removed)
        end = np.where(self.removed > NEVER, self.removed, world.end)
        dark = rng.random(n) < 0.07
        seen = np.where(dark, self.installed + (rng.random(n) * (end - self.installed)).astype(np.int64), end)
        self.seen = seen * 86_400 + rng.integers(0, 86_400, n) - 86_400 * (rng.random(n) < 0.4)
        self.seen = np.maximum(self.seen, self.installed * 86_400 + 3600)
        self.maker = rng.integers(0, len(MAKERS), n)
        self.never = rng.random(n) < 0.004
        self.ids = np.array([f"SB{v:07d}" for v in range(1, n + 1)], dtype=object)
        for i in np.flatnonzero(forgotten):
            world.truth.irregular["device_left_behind"].append({"device_id": self.ids[i], "elder": elders.ids[self.elder[i]]})
        self.serial = rng.integers(10**7, 10**8, n)
        self.stage = stage

    def write(self, path: Path) -> int:
        """One line per device; a few delivered twice, the older state first."""
        elders, truth = self.stage.elders, self.stage.world.truth
        installed, removed = iso(self.installed), iso(self.removed)
        rows = []
        for i, device in enumerate(self.ids):
            maker, short = MAKERS[self.maker[i]]
            seen = None if self.never[i] else _stamp(int(self.seen[i]), int(self.maker[i]))
            rows.append(
                {
                    "deviceId": device,
                    "kind": KINDS[self.kind[i]],
                    "vendor": {"name": maker, "sn": f"{short}-{self.serial[i]}"},
                    "bind": {"elderId": elders.ids[self.elder[i]], "installedOn": installed[i], "removedOn": removed[i]},
                    "lastSeenAt": seen,
                    "updatedAt": _stamp(int(self.seen[i]) + 60, int(self.maker[i])),
                }
            )
        rows += _bands(self.stage)
        again = list(range(7, len(rows), max(40, len(rows) // 12)))
        older = [rows[i] | {"lastSeenAt": None, "updatedAt": "2023-05-01T00:00:00+08:00"} for i in again]
        truth.note("delivered_twice", "device", "devices", [rows[i]["deviceId"] for i in again], "", "superseded")
        truth.expected["devices"] = len(rows)
        return _save(path, [orjson.dumps(r) for r in [*older, *rows]])

    def on_duty(self, first: int, last: int) -> np.ndarray:
        """Indices of the devices installed before a month and neither removed nor silent in it."""
        here = (self.installed < first) & ((self.removed == NEVER) | (self.removed > last)) & ~self.never
        return np.flatnonzero(here & (self.seen > last * 86_400))


def _alarms(stage: Stage, fleet: _Fleet, month: int, folder: Path) -> int:
    world, elders = stage.world, stage.elders
    name = world.months[month].replace("-", "")
    rng = world.rng(f"device {name}")
    on = fleet.on_duty(world.first_day(month), world.last_day(month))
    season = 1.15 if name[4:] in ("12", "01", "02") else 1.0
    n = int(rng.poisson(max(12, ALARMS_A_MONTH * world.scale * season))) if len(on) else 0
    if not n:
        return 0
    device = rng.choice(on, n)
    at = np.sort(rng.integers(world.first_day(month) * 86_400, (world.last_day(month) + 1) * 86_400, n))
    people = Responders(world, stage.firms)
    chosen = people.choose(month, world.communities["street"][elders.community[fleet.elder[device]]], rng)
    bad = people.badness(month, chosen)
    kind = np.empty(n, dtype=object)
    for k, word in enumerate(KINDS):
        mine = np.flatnonzero(fleet.kind[device] == k)
        kind[mine] = rng.choice(np.array(ALARMS[word][0], dtype=object), len(mine), p=ALARMS[word][1])
    urgent = np.isin(kind, ["烟雾", "跌倒", "一键求助", "呼吸异常"])
    quiet = kind == "低电量"
    took = np.round(rng.lognormal(np.log(np.where(urgent, 170, 520)), 0.75, n) * (0.7 + 2.2 * bad**1.2)).astype(np.int64)
    open_yet = rng.random(n) < 0.015 + 0.06 * bad
    # Who moved into a bed left the device at home: what it reports there is nothing.
    real = (rng.random(n) < np.where(urgent, 0.14, 0.07)) & ~stage.accidents.housed(fleet.elder[device], at)
    who = fleet.maker[device]
    rows = []
    for i in range(n):
        handled = not (open_yet[i] or quiet[i])
        rows.append(
            {
                "alarmId": f"GJ{name}{i + 1:06d}",
                "deviceId": fleet.ids[device[i]],
                "kind": kind[i],
                "raisedAt": _stamp(int(at[i]), int(who[i])),
                "handling": {
                    "confirmed": bool(real[i]) if handled else None,
                    "seconds": int(took[i]) if handled else None,
                    "providerId": people.codes[chosen[i]] if handled and chosen[i] != NOBODY else None,
                    "result": RESULTS[bool(real[i])][i % 3] if handled else None,
                },
                "updatedAt": _stamp(int(at[i]) + (int(took[i]) if handled else 0) + 30, int(who[i])),
            }
        )
    lines = _damage(stage, rows, name, rng) + _falls(stage, month, n)
    return _save(folder / f"alarms_{name}.jsonl", lines)


def _band(stage: Stage, elder: int) -> str:
    """The number of the wristband that a resident was given by the house."""
    return f"SH{stage.elders.ids[elder][1:]}"


def _bands(stage: Stage) -> list[dict[str, Any]]:
    """Wristbands that houses gave to residents: those whose alarm told of a fall."""
    accidents, world = stage.accidents, stage.world
    maker, short = MAKERS[0]
    rows = []
    for elder in np.unique(accidents.elder[accidents.alarmed]):
        left = min(int(accidents.housed_to[elder]), int(stage.elders.gone[elder]))
        seen = _stamp(min(left, world.end) * 86_400 + 7 * 3600, 0)
        rows.append({
            "deviceId": _band(stage, elder), "kind": "手环", "vendor": {"name": maker, "sn": f"{short}-9{int(elder):07d}"},
            "bind": {"elderId": stage.elders.ids[elder], "installedOn": iso(accidents.housed_from[elder])[0],
                     "removedOn": iso(left)[0] if left <= world.end else None},
            "lastSeenAt": seen, "updatedAt": seen,
        })  # fmt: skip
    return rows


def _falls(stage: Stage, month: int, before: int) -> list[bytes]:
    """Falls of residents that a wristband noticed and the house confirmed."""
    accidents, name = stage.accidents, stage.world.months[month].replace("-", "")
    lines = []
    for i, k in enumerate(accidents.within(stage.world, month, accidents.alarmed)):
        at = int(accidents.second[k])
        lines.append(orjson.dumps({
            "alarmId": f"GJ{name}{before + i + 1:06d}", "deviceId": _band(stage, accidents.elder[k]), "kind": "跌倒", "raisedAt": _stamp(at, 0),
            "handling": {"confirmed": True, "seconds": 150, "providerId": stage.firms[accidents.firm[k]].id,
                         "result": "送医" if accidents.sent[k] else "已到场，已处置"},
            "updatedAt": _stamp(at + 180, 0),
        }))  # fmt: skip
    return lines


def _damage(stage: Stage, rows: list[dict[str, Any]], name: str, rng: np.random.Generator) -> list[bytes]:
    """Lines with what goes wrong on the way: cut off, delivered twice, below zero, of a device nobody knows."""
    truth, place = stage.world.truth, ("device", f"alarms_{name}")
    spots = rng.choice(len(rows), 6, replace=False)
    below, unknown = rows[spots[0]], rows[spots[1]]
    below["handling"] = below["handling"] | {"confirmed": False, "seconds": -30}
    unknown["deviceId"] = f"TEST{name[-3:]}"
    truth.note("seconds_below_zero", *place, [below["alarmId"]], "handling.seconds", "quarantined")
    truth.note("unknown_device", *place, [unknown["alarmId"]], "deviceId", "warned")
    lines = [orjson.dumps(r) for r in rows]
    for i in spots[2:4]:
        truth.note("line_cut_off", *place, [rows[i]["alarmId"]], "", "quarantined")
        lines[i] = lines[i][: len(lines[i]) * 2 // 3]
    for i in sorted(spots[4:], reverse=True):
        early = rows[i] | {"handling": dict.fromkeys(rows[i]["handling"]), "updatedAt": rows[i]["raisedAt"]}
        truth.note("delivered_twice", *place, [rows[i]["alarmId"]], "", "superseded")
        lines.insert(i, orjson.dumps(early))
    return lines


def _stamp(second: int, maker: int) -> str:
    """A moment with its zone; one maker reports in universal time."""
    if maker == UTC_MAKER:
        return f"{np.datetime64(second - 8 * 3600, 's')}Z"
    return f"{np.datetime64(second, 's')}+08:00"


def _save(path: Path, lines: list[bytes]) -> int:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return len(lines)
