"""Houses that keep incidents to themselves are found by what others know, and the honest ones are left alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data.simulator import accidents, beds, people, providers
from data.simulator.referrals import CAUSES
from data.simulator.world import World, iso
from data.simulator.writers import stamps
from data.simulator.zero_reports import hand_in
from etl.paths import DEFAULT_REGION
from tests.etl.self_reports import compare, compare_returns
from tests.spec.world import World as Marts


def test_what_was_kept_quiet_is_found_and_hardly_anything_else():
    world = World.build(DEFAULT_REGION, months=24, end="2026-10", scale=0.4, seed=20261)
    elders, firms = people.settle(world), providers.found(world)
    stays = beds.settle(world, elders, firms).stays
    found = accidents.happen(world, elders, firms, stays)
    marts = _records(elders, firms, stays, found)
    zeros = hand_in(world, firms, found)
    _fill(marts, "incident_zero", {
        key: np.array(values, dtype=object) for key, values in zip(
            ("report_no", "credit_code", "provider_name", "month"),
            zip(*((f"{m}-{z.firm}", firms[z.firm].code, firms[z.firm].name, m) for m, filed in zip(world.months, zeros.filed, strict=True) for z in filed),
                strict=True), strict=True)
    })  # fmt: skip
    marts.build(["incident_known", "self_report_month", "incident_return_month"])
    quiet = np.flatnonzero(found.known & ~found.told & (found.second < (world.end - 2) * 86_400))
    missing = [
        {"provider_id": firms[found.firm[k]].id, "elder_id": elders.ids[found.elder[k]], "happened_on": iso(int(found.second[k]) // 86_400)[0]}
        for k in quiet
    ]
    result = compare(marts.con, missing, {firms[i].id for i in found.under})
    assert len(missing) > 40 and result.provider_recall.of >= 3
    assert result.single_precision.value >= 0.9 and result.single_recall.value >= 0.9, result
    assert result.provider_precision.value >= 0.9 and result.provider_recall.value >= 0.9, result
    returns = compare_returns(marts.con, zeros.irregular)
    assert min(share.of for share in vars(returns).values()) >= 15, returns
    assert returns.doubted_precision.value >= 0.9 and returns.doubted_recall.value >= 0.85, returns
    assert returns.unfiled_precision.value >= 0.98 and returns.unfiled_recall.value >= 0.98, returns


def _records(elders, firms, stays, found) -> Marts:
    """What bed register, hospital, call centre and the houses themselves have on file, as checked tables."""
    marts, code = Marts(), np.array([p.id for p in firms], dtype=object)
    for p in firms:
        closed = None if p.closed == providers.NEVER else iso(p.closed)[0]
        marts.add("provider_provider", {
            "provider_id": p.id, "credit_code": p.code, "name": p.name, "kind": p.kind, "registered_on": iso(p.registered)[0], "closed_on": closed,
            "status": p.status,
        })  # fmt: skip
    who = np.unique(stays["elder"])
    _fill(marts, "registry_elder", {
        "elder_id": elders.ids[who], "id_number": elders.ids[who], "name": elders.ids[who], "birth_date": iso(elders.birth[who]),
        "status": np.full(len(who), "正常", dtype=object), "community_code": np.full(len(who), "330105003051", dtype=object),
    })  # fmt: skip
    gone = iso(np.where(stays["until"] < accidents.STILL, stays["until"], -(10**6)))
    _fill(marts, "bed_stay", {
        "stay_id": np.arange(len(gone)).astype(str).astype(object), "elder_id": elders.ids[stays["elder"]], "provider_id": code[stays["provider"]],
        "admitted_on": iso(stays["since"]), "left_on": gone,
    })  # fmt: skip
    at, elder = np.array(stamps(found.second).to_pylist(), dtype=object), elders.ids[found.elder]
    number = np.arange(len(at)).astype(str).astype(object)
    cause, kind = np.array(list(CAUSES.values()), dtype=object)[found.kind], np.array(accidents.KINDS, dtype=object)[found.kind]
    h, c, t, b = (np.flatnonzero(mask) for mask in (found.hospital, found.called, found.told, found.alarmed))
    _fill(marts, "medical_referral", {"referral_no": number[h], "elder_id": elder[h], "arrived_at": at[h], "cause": cause[h]})
    _fill(marts, "call_call", {
        "call_id": number[c], "elder_id": elder[c], "called_at": at[c], "kind": np.full(len(c), "应急", dtype=object),
        "outcome": np.full(len(c), "已到场，送医", dtype=object),
    })  # fmt: skip
    _fill(marts, "device_device", {"device_id": elder[b], "elder_id": elder[b]})
    _fill(marts, "device_alarm", {
        "alarm_id": number[b], "device_id": elder[b], "raised_at": at[b], "kind": np.full(len(b), "跌倒", dtype=object),
        "confirmation": np.full(len(b), "真实", dtype=object),
    })  # fmt: skip
    _fill(marts, "incident_report", {
        "report_no": number[t], "credit_code": np.array([p.code for p in firms], dtype=object)[found.firm[t]], "elder_id": elder[t],
        "provider_name": number[t], "happened_at": at[t], "reported_at": at[t], "kind": kind[t],
        "harm": np.array(accidents.HARM, dtype=object)[found.harm[t]],
    })  # fmt: skip
    marts.con.execute("delete from device_device where rowid not in (select min(rowid) from device_device group by device_id)")
    marts.con.execute("update registry_elder set registered_on = date '2010-01-01', updated_at = timestamp '2024-01-01', sex = '女'")
    return marts


def _fill(marts: Marts, table: str, columns: dict[str, np.ndarray]) -> None:
    """Many rows at once; text is cast to the column's own type."""
    rows = pa.table({name: pa.array(values.tolist(), pa.string()) for name, values in columns.items()})
    marts.con.register("many", rows)
    marts.con.execute(f'insert into "{table}" by name select * from many')
    marts.con.unregister("many")
