"""The naive recount of prepayments: what residents are owed, what the bank holds, whose share is too small, deposits that are too high."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import yaml

from tests.naive.reading import money, sql
from tests.naive.recount import Recount

COUNTED = ("prepaid_balance", "prepaid_held_share", "prepaid_short", "deposits_over")
RARE = ("deposits_over",)


def recount_prepaid(base: Recount, policies: Path) -> None:
    """Add the figures of prepayments to a recount that knows providers and areas."""
    standards = {s["standard"]: Decimal(str(s["value"])) for s in yaml.safe_load((policies / "standards.yaml").read_text(encoding="utf-8"))["standards"]}
    newest = {}
    for row in sql(base.sources / "bed.sqlite", "YSF_YE"):
        newest[row["DW_ID"], row["LNR_ID"], row["YF"], row["YSF_LX"]] = row
    owed: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for (provider, _, month, kind), row in newest.items():
        amount, held, fee = money(row["YE"]), money(row["CGYE"]), money(row["YSFBZ"])
        if month not in base.months or amount is None or held is None or held > amount:
            continue
        area = base.place(provider, base.months[month]) or base.areas.district
        base.add("prepaid_balance", area, month, amount)
        base.add("prepaid_held_share", area, month, held, amount)
        base.add("deposits_over", area, month, int(kind == "押金" and fee is not None and amount > standards["deposit_months"] * fee))
        owed[provider, month][0] += amount
        owed[provider, month][1] += held
    for (provider, month), (amount, held) in owed.items():
        if provider in base.providers and base.operating(provider, base.months[month]):
            area = base.place(provider, base.months[month]) or base.areas.district
            base.add("prepaid_short", area, month, int(100 * held < standards["prepaid_held_share"] * amount))
