"""``impact``: who is concerned if a provider leaves, and who could take over, as on the page."""

from __future__ import annotations

from typing import Annotated

import typer

from dashboard.cli.commands_figures import find_month, open_warehouse
from dashboard.cli.common import WRONG_USE, UserError, out, print_json


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command("impact")(impact)


def impact(
    provider: Annotated[str, typer.Argument(help="服务单位编号")],
    month: Annotated[str | None, typer.Option("--month", help="月份 YYYY-MM（默认最近一个月）")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON（不含个人姓名）")] = False,
) -> None:
    """退出决定前的影响评估：服务对象、接收余量、安置测算、护理员、应收回补贴、应退预收费。"""
    from dashboard.warehouse import Unknown

    warehouse = open_warehouse()
    when = find_month(warehouse, month)
    try:
        found = warehouse.impact(provider, when)
    except Unknown:
        raise UserError(f"{when} 没有服务单位 {provider}，或没有生效的影响评估政策", "用 yiguan region check 检查政策；单位编号见服务单位页导出的表", WRONG_USE) from None
    if as_json:
        print_json({
            "provider": found.provider_id, "name": found.name, "month": when, "months": list(found.months), "policy": found.policy.version,
            "elders": found.total, "gone": found.gone, "emergency_calls": found.calls, "by_form": dict(found.by_form),
            "by_ability": {"none" if k is None else str(k): n for k, n in found.by_level.items()}, "by_community": dict(found.by_community),
            "rooms": [r._asdict() for r in found.rooms], "groups": [g._asdict() for g in found.groups], "reasons": dict(found.reasons),
            "receiving": dict(found.receiving),
            "plan": [
                {"elder_id": p.need.elder_id, "form": p.need.form, "care": sorted(p.need.care), "to": p.offer.provider_id if p.offer else None,
                 "metres": p.metres, "price_before": p.before, "price_after": p.after, "reason": p.reason.sentence if p.reason else None}
                for p in found.placements
            ],
            "caregivers": {"total": found.staff.total, "certified": found.staff.certified, "posts": dict(found.staff.posts)},
            "money": [{"programme": m.programme, "paid_12_months": m.paid_year, "paid": m.paid_all, "recover": m.recover, "basis": m.basis} for m in found.money],
            "prepaid": [{"kind": r.kind, "elders": r.elders, "owed": r.amount, "held": r.held} for r in found.refunds],
            "snapshot": warehouse.snapshot.run_id, "synthetic": bool(warehouse.snapshot.synthetic),
        })  # fmt: skip
        return
    out.print(f"[bold]{found.name}[/bold] {when}　政策 {found.policy.version}")
    out.print(f"近 90 日服务老年人 {found.total} 人，须继续的服务 {found.needs} 项，可安置 {found.placed} 项，无法安置 {found.needs - found.placed} 项")
    for group in found.groups:
        how = "总路程最短" if group.exact else f"就近法，差距不超过 {group.gap:.1%}"
        out.print(f"  {group.form}：须安置 {group.needs}，可安置 {group.placed}（{how}）")
    out.print(f"在岗护理员 {found.staff.total} 人；应收回补贴 {sum(m.recover for m in found.money):,.2f} 元")
    out.print(f"应退预收费 {found.owed:,.2f} 元，其中存管 {found.owed_held:,.2f} 元")
    if warehouse.snapshot.synthetic:
        out.print("模拟数据")
