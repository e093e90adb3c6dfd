"""What officials do in the product itself, counted from its own audit trail without anybody's name."""

from __future__ import annotations

from etl.indicators.base import Indicator, Total

GROUP = "数据"
AUDIT = "本系统台账：留痕（任务 25 监督考核）"
DISTRICT_ONLY = (1,)


def _events(code: str, name: str, short: str, actions: tuple[str, ...], definition: str) -> Indicator:
    listed = ", ".join(f"'{a}'" for a in actions)
    return Total(
        code,
        name=name,
        short=short,
        group=GROUP,
        basis=AUDIT,
        unit="次",
        semantics="flow",
        levels=DISTRICT_ONLY,
        mart="ledger_month",
        value="events",
        where=f"action in ({listed})",
        definition=definition,
    )


sign_ins = _events("sign_ins", "系统登录次数", "登录次数", ("登录",), "当月成功登录本系统的次数")
sign_in_failures = _events(
    "sign_in_failures", "登录失败次数", "登录失败", ("登录失败", "登录锁定"), "当月登录失败和因连续失败被锁定的次数"
)
exports = _events("exports", "数据导出次数", "导出次数", ("export", "report"), "当月导出明细表和下载月报的次数")
