"""The naive recount of self-reported incidents and of what hospital, call centre, devices and hotline know of them."""

from __future__ import annotations

import csv
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from tests.naive.reading import FOREVER, FULL, Row, day, moment, sheet, sql
from tests.naive.recount import Recount
from tests.naive.recount_works import books, number

COUNTED = ("incidents_reported", "incidents_known", "self_report_rate", "incidents_missing", "providers_to_ask", "incident_return_rate", "zero_reports_doubted")
RARE = ("incidents_missing", "providers_to_ask", "zero_reports_doubted")
NEAR = timedelta(hours=8)


def recount_incidents(base: Recount, policies: Path) -> None:
    """Add the figures of the audit of self-reports to a recount that knows elders, providers and areas."""
    version = yaml.safe_load((policies / "incident.yaml").read_text(encoding="utf-8"))["versions"][-1]
    rules = {(k["source"], k["says"]): k for k in version["known"]}
    reports = list(_reports(base))
    for r in reports:
        month = f"{r['at']:%Y-%m}"
        if month in base.months:
            base.add("incidents_reported", base.place(r["provider"], base.months[month]) or base.areas.district, month, 1)
    held: dict[tuple[str, str], list[Row]] = defaultdict(list)
    alone: list[Row] = []
    for record in _records(base, rules):
        if record["person"] is None:
            alone.append(record)
        else:
            held[record["provider"], record["person"]].append(record)
    incidents = [group for rows in held.values() for group in _grouped(rows)]
    seen = [r for group in incidents for r in group]
    for c in alone:
        if not any(r["provider"] == c["provider"] and -c["after"] <= (c["at"].date() - r["at"].date()).days <= c["before"] for r in seen):
            incidents.append([c])
    asked: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    kept_quiet: set[tuple[str, str]] = set()
    for group in incidents:
        first, month = group[0], f"{group[0]['at']:%Y-%m}"
        if month not in base.months or (max(base.months.values()) - first["at"].date()).days < max(r["after"] for r in group):
            continue
        told = any(_answers(report, r) for r in group for report in reports)
        area = base.place(first["provider"], base.months[month])
        base.add("incidents_known", area, month, 1)
        base.add("self_report_rate", area, month, int(told), 1)
        base.add("incidents_missing", area, month, int(not told))
        asked[first["provider"]].append((month, told))
        if not told and first["person"] is not None:  # a complaint names neither elder nor day
            kept_quiet.add((first["provider"], month))
    rule = version["verdict"]
    for provider, found in asked.items():
        for month, last in base.months.items():
            known = [told for m, told in found if 0 <= apart(m, month) < rule["months"]]
            missing = known.count(False)
            enough = len(known) >= rule["at_least"] and missing >= rule["missing"] and len(known) - missing < rule["below"] * len(known)
            if enough and base.operating(provider, last):
                base.add("providers_to_ask", base.place(provider, last), month, 1)
    _returns(base, version["monthly"], {(r["provider"], f"{r['at']:%Y-%m}") for r in reports}, kept_quiet)


def apart(early: str, late: str) -> int:
    """Months from one month to another."""
    return (int(late[:4]) - int(early[:4])) * 12 + int(late[5:]) - int(early[5:])


def _returns(base: Recount, duty: Row, told: set[tuple[str, str]], kept_quiet: set[tuple[str, str]]) -> None:
    """Who reported of a month at all, and whose zero report something speaks against."""
    zero = set()
    for row in books(base.sources / "incident", "零报告"):
        year, month = re.findall(r"\d+", row["报告月份"])
        zero.add((base.by_code.get(row["统一社会信用代码"]) or base.by_name.get(row["单位名称"]), f"{year}-{int(month):02d}"))
    ends = max(base.months.values())
    for month, last in base.months.items():
        for provider, row in base.providers.items():
            if row["LB"] not in duty["kinds"] or day(row["ZC_RQ"]) >= last.replace(day=1) or not base.operating(provider, last):
                continue
            filed = (provider, month) in zero or (provider, month) in told
            if filed or (ends - last).days >= duty["due_day"]:
                base.add("incident_return_rate", base.place(provider, last), month, int(filed), 1)
            wrong = (provider, month) in zero and ((provider, month) in told or (provider, month) in kept_quiet)
            base.add("zero_reports_doubted", base.place(provider, last), month, int(wrong))


def _reports(base: Recount) -> Iterator[Row]:
    for row in {r["报告编号"]: r for r in books(base.sources / "incident", "自报事件")}.values():
        provider = base.by_code.get(row["统一社会信用代码"]) or base.by_name.get(row["单位名称"])
        yield {"provider": provider, "person": base.person.get(number(row["老年人编号"])), "kind": row["事件类别"], "at": moment(row["发生时间"])}


def _answers(report: Row, record: Row) -> bool:
    """The report is of the provider, of the elder, of a kind that fits and of about that day."""
    same = report["provider"] == record["provider"] and (record["person"] is None or report["person"] == record["person"])
    days = (record["at"].date() - report["at"].date()).days
    return same and (not record["fits"] or report["kind"] in record["fits"]) and -record["after"] <= days <= record["before"]


def _grouped(rows: list[Row]) -> Iterator[list[Row]]:
    """Records of one elder in one provider's care that lie within the days of the rule."""
    group: list[Row] = []
    for row in sorted(rows, key=lambda r: (r["at"], r["key"])):
        if group and (row["at"].date() - group[-1]["at"].date()).days > row["before"]:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _records(base: Recount, rules: dict[tuple[str, str], Row]) -> Iterator[Row]:
    """The records that the policy names, each with the one provider in whose care the elder was."""
    stays: dict[str, list[Row]] = defaultdict(list)
    for row in {r["RZ_ID"]: r for r in sorted(sql(base.sources / "bed.sqlite", "RZ_JL"), key=lambda r: moment(r["XG_SJ"]))}.values():
        stays[base.person.get(row["LNR_ID"], "")].append(row)
    visits: dict[str, list[Row]] = defaultdict(list)
    for row in sql(base.sources / "order.sqlite", "FWDD"):
        if row["QD_SJ"] and row["QT_SJ"]:
            visits[base.person.get(row["LNR_ID"], "")].append(row)
    for source, says, key, elder, at in (*_hospital(base), *_calls(base), *_alarms(base)):
        rule, who = rules.get((source, says)), base.person.get(elder)
        if rule is None or who is None:
            continue
        here = {s["DW_ID"] for s in stays[who] if day(s["RZ_RQ"]) < at.date() <= (day(s["TZ_RQ"]) or FOREVER)}
        here |= {v["DW_ID"] for v in visits[who] if moment(v["QD_SJ"]) <= at <= moment(v["QT_SJ"])}
        if len(here) == 1:
            yield {"provider": here.pop(), "person": who, "at": at, "key": key} | {k: rule[k] for k in ("fits", "before", "after")}
    complaints = next((base.sources / "complaint").glob("*.xlsx"))
    for row in {r["工单编号"]: r for r in sheet(complaints, "养老服务工单")}.values():
        rule = rules.get(("投诉", row["诉求类别"]))
        provider = base.by_code.get(row["统一社会信用代码"]) or base.by_name.get(row["被诉单位"])
        if rule and provider:
            yield {"provider": provider, "person": None, "at": moment(row["受理时间"]), "key": row["工单编号"]} | {k: rule[k] for k in ("fits", "before", "after")}


def _hospital(base: Recount) -> Iterator[tuple[str, str, str, str, datetime]]:
    for row in books(base.sources / "medical", "送诊"):
        came, hurt = moment(row["到诊时间"]), moment(row["受伤或发病时间"])
        yield "医疗", row["外因或诊断"], row["送诊编号"], number(row["老年人编号"]), min(came, hurt or came)


def _calls(base: Recount) -> Iterator[tuple[str, str, str, str, datetime]]:
    for path in sorted((base.sources / "call").glob("*.csv")):
        with path.open(encoding="gb18030", newline="") as file:
            for row in csv.DictReader(file):
                steps = [int(row[f"{s}用时(秒)"].translate(FULL)) for s in ("应答", "派单", "到场") if row.get(f"{s}用时(秒)")]
                if row["来电类别"] == "应急" and steps == sorted(steps) and min(steps, default=0) >= 0:
                    yield "呼叫", row["处理结果"], row["流水号"], row["老年人编号"], moment(row["来电时间"])


def _alarms(base: Recount) -> Iterator[tuple[str, str, str, str, datetime]]:
    folder = base.sources / "device"
    bound = {d["deviceId"]: d["bind"]["elderId"] for d in map(json.loads, (folder / "devices.jsonl").read_text("utf-8").splitlines())}
    newest: dict[str, tuple[datetime, Row]] = {}
    for path in sorted(folder.glob("alarms_*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            updated = _local(row["updatedAt"])
            if row["alarmId"] not in newest or updated >= newest[row["alarmId"]][0]:
                newest[row["alarmId"]] = (updated, row)
    for key, (_, row) in newest.items():
        if row["handling"]["confirmed"] is True and (row["handling"]["seconds"] or 0) >= 0 and row["deviceId"] in bound:
            yield "设备", row["kind"], key, bound[row["deviceId"]], _local(row["raisedAt"])


def _local(text: str) -> datetime:
    """The moment in Beijing time."""
    return moment(text[:19]) + (NEAR if text.endswith("Z") else timedelta(0))


