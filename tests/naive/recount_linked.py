"""A naive recount of the alliance, the devices, the call centre and the plan's tasks: json, csv and openpyxl, row by row."""

from __future__ import annotations

import calendar
import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.naive.reading import FULL, Areas, Row, day, finance, id_number, moment, sheet
from tests.naive.recount import Recount

EXPECTED = ("beds_offered", "beds_matched", "match_days", "travel_stays", "devices_online", "alarms", "alarm_handled_p90",
            "emergency_answer_p90", "emergency_arrival_p90", "tasks_on_track", "plan_progress", "milestones_in_time", "milestones_overdue",
            "decisions_in_time", "decisions_overdue", "calls", "calls_answered_rate", "co_living_pairs", "co_living_verified")  # fmt: skip


def rank(values: list[Decimal], share: str) -> Decimal:
    """The value below which ``share`` of the sorted values lie, on the line between its two neighbours."""
    ordered = sorted(values)
    at = Decimal(share) * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def beijing(text: str | None) -> datetime | None:
    """Local time of a moment with a zone."""
    if not text:
        return None
    return (datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC) + timedelta(hours=8)).replace(tzinfo=None)


class LinkedRecount(Recount):
    """Figures of the four modules; registers as in the other recount."""

    def __init__(self, sources: Path, areas_csv: Path, months: list[str]) -> None:
        self.sources, self.areas = sources, Areas(areas_csv)
        self.months = {m: date(int(m[:4]), int(m[5:]), calendar.monthrange(int(m[:4]), int(m[5:]))[1]) for m in months}
        self.figures = defaultdict(lambda: [Decimal(0), Decimal(0)])
        self.values: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
        self._elders()
        self._providers()
        self._alliance()
        self._devices()
        self._calls()
        self._tasks()
        for (code, area, month), found in self.values.items():
            self.figures[code, area, month] = [rank(found, "0.5" if code == "match_days" else "0.9"), Decimal(len(found))]

    def value(self, code: str, area: str, month: str, value: object) -> None:
        """One value of a median or quantile, for an area and all above it."""
        for place in self.areas.above(area):
            self.values[code, place, month].append(Decimal(str(value)))

    def at(self, provider: str | None, month: str) -> str:
        """The community of a provider in a month, or the district."""
        return self.place(provider, self.months[month]) or self.areas.district

    # --- the alliance ----------------------------------------------------------------------------------------------------------

    def _resource(self, name: str, key: str) -> dict[Any, Row]:
        newest: dict[Any, Row] = {}
        for row in json.loads((self.sources / "alliance" / f"{name}.json").read_bytes()):
            if row[key] not in newest or row["updatedAt"] >= newest[row[key]]["updatedAt"]:
                newest[row[key]] = row
        return newest

    def _alliance(self) -> None:
        offers, requests = self._resource("bed-offers", "offerId"), self._resource("bed-requests", "requestId")
        for row in offers.values():
            month = row["publishedAt"][:7]
            if month in self.months and row["status"] != "撤回":
                self.add("beds_offered", self.at(row["provider"]["id"], month), month, row["beds"])
        for row in self._resource("matches", "matchId").values():
            month = (row["confirmedAt"] or "")[:7]
            if month in self.months:
                area = self.at(offers[row["offerId"]]["provider"]["id"], month)
                self.add("beds_matched", area, month, 1)
                waited = day(row["confirmedAt"]) - day(requests[row["requestId"]]["requestedAt"])
                self.value("match_days", area, month, waited.days)
        for row in self._resource("group-stays", "stayId").values():
            month = row["arrivedOn"][:7]
            if month in self.months and row["guests"] > 0:
                self.add("travel_stays", self.at(row["host"]["providerId"], month), month, row["guests"])
        for row in self._resource("co-living-pairs", "pairId").values():
            since, gone, sides = day(row["startedOn"]), day(row["endedOn"]), [row["elder"]["verification"], row["partner"]["verification"]]
            if row["status"] == "待核验" or since is None or not id_number(row["partner"]["idNumber"]):
                continue
            for month, last in self.months.items():
                if since <= last and (gone is None or gone > last):
                    both = all(s["result"] == "通过" and s["on"] and day(s["on"]) <= last for s in sides)
                    area = self.areas.now(row["elder"]["communityCode"], "3")
                    self.add("co_living_pairs", area, month, 1)
                    self.add("co_living_verified", area, month, int(both), 1)

    # --- devices ---------------------------------------------------------------------------------------------------------------

    def _lines(self, pattern: str, key: str) -> dict[str, Row]:
        newest: dict[str, Row] = {}
        for path in sorted((self.sources / "device").glob(pattern)):
            for line in path.read_text(encoding="utf-8").splitlines():
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                if ((row.get("handling") or {}).get("seconds") or 0) < 0:
                    continue
                before = newest.get(row[key])
                if before is None or beijing(row["updatedAt"]) >= beijing(before["updatedAt"]):
                    newest[row[key]] = row
        return newest

    def _devices(self) -> None:
        devices = self._lines("devices*.jsonl", "deviceId")
        for row in devices.values():
            since, gone, seen = day(row["bind"]["installedOn"]), day(row["bind"]["removedOn"]), beijing(row["lastSeenAt"])
            area = self.home.get(row["bind"]["elderId"]) or self.areas.district
            for month, last in self.months.items():
                if since <= last and (gone is None or gone > last):
                    online = seen is not None and seen.date() >= last - timedelta(days=7)
                    self.add("devices_online", area, month, int(online), 1)
        for row in self._lines("alarms_*.jsonl", "alarmId").values():
            month = f"{beijing(row['raisedAt']):%Y-%m}"
            if month not in self.months:
                continue
            device = devices.get(row["deviceId"])
            area = (self.home.get(device["bind"]["elderId"]) if device else None) or self.areas.district
            self.add("alarms", area, month, 1)
            if row["handling"]["seconds"] is not None:
                self.value("alarm_handled_p90", area, month, Decimal(row["handling"]["seconds"]) / 60)

    # --- calls -----------------------------------------------------------------------------------------------------------------

    def _calls(self) -> None:
        seen: set[str] = set()
        for path in sorted((self.sources / "call").glob("*.csv")):
            for row in finance(path):
                steps = [int(row[c].translate(FULL)) if row[c] else None for c in ("应答用时(秒)", "派单用时(秒)", "到场用时(秒)")]
                given = [s for s in steps if s is not None]
                wrong = any(s < 0 for s in given) or given != sorted(given)
                month = f"{moment(row['来电时间']):%Y-%m}"
                if wrong or row["流水号"] in seen or month not in self.months:
                    continue
                seen.add(row["流水号"])
                area = self.home.get(row["老年人编号"]) or self.at(row["承办单位编号"], month)
                self.add("calls", area, month, 1)
                self.add("calls_answered_rate", area, month, int(steps[0] is not None), 1)
                if row["来电类别"] != "应急":
                    continue
                if steps[0] is not None:
                    self.value("emergency_answer_p90", area, month, steps[0])
                if steps[2] is not None:
                    self.value("emergency_arrival_p90", area, month, Decimal(steps[2]) / 60)

    # --- the plan --------------------------------------------------------------------------------------------------------------

    def _tasks(self) -> None:
        leads: dict[tuple[str, str], str] = {}
        told: dict[tuple[str, str, str], Row] = {}
        for path in sorted((self.sources / "task").glob("*.xlsx")):
            for row in sheet(path, "责任分解"):
                leads[str(row["任务编号"]), row["责任部门"]] = row["责任类别"]
            for row in sheet(path, "进展月报"):
                try:
                    row["累计完成(%)"] = Decimal(str(row["累计完成(%)"]))
                except ArithmeticError:
                    continue
                told[str(row["任务编号"]), row["填报部门"], row["报告月份"]] = row
        streets = {r["name"]: code for code, r in self.areas.streets.items()}
        self._terms(streets)
        for month in {m for _, _, m in told} & set(self.months):
            for (task, department), role in leads.items():
                if role != "牵头":
                    continue
                area, row = streets.get(department, self.areas.district), told.get((task, department, month))
                on_track = row is not None and row["累计完成(%)"] >= Decimal(str(row["计划进度(%)"]))
                self.add("tasks_on_track", area, month, int(on_track), 1)
                if row is not None:
                    self.add("plan_progress", area, month, row["累计完成(%)"], 1)

    def _terms(self, streets: dict[str, str]) -> None:
        """Milestones that have fallen due, and what meetings decided, as the forms told last."""
        stones: dict[str, Row] = {}
        decided: dict[str, Row] = {}
        for path in sorted((self.sources / "task").glob("*.xlsx")):
            stones |= {str(r["里程碑编号"]): r for r in sheet(path, "里程碑")}
            decided |= {str(r["事项编号"]): r for r in sheet(path, "例会议定事项")}
        for month, last in self.months.items():
            for row in stones.values():
                due, done = day(row["计划完成日期"]), day(row["实际完成日期"])
                if due <= last:
                    self.add("milestones_in_time", self.areas.district, month, int(done is not None and done <= due), 1)
                    self.add("milestones_overdue", self.areas.district, month, int(done is None or done > last))
            for row in decided.values():
                due, done = day(row["办结时限"]), day(row["办结日期"])
                if due is not None and due <= last and day(row["例会日期"]) <= last:
                    area = streets.get(row["责任部门"], self.areas.district)
                    self.add("decisions_in_time", area, month, int(done is not None and done <= due), 1)
                    self.add("decisions_overdue", area, month, int(done is None or done > last))
