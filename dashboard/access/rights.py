"""Every right, declared once. What may be done stands here; who may do it stands in ``scope.ROLES``.

A page, an endpoint, a callback and a question to the warehouse each name the right they need by its code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RIGHTS: Mapping[str, str] = MappingProxyType(
    {
        "account": "使用本人账号",
        "figures": "查看指标与服务单位",
        "rows": "查看明细记录",
        "export": "导出与下载",
        "data": "查看数据接入情况",
        "held": "处置暂缓采用的报送",
        "unmask": "查看脱敏内容原文",
        "report_issue": "签发月报",
        "policy_try": "试算政策参数",
        "policy_approve": "批准政策参数",
        "plan_inspections": "安排抽查检查",
        "inspectors": "查看检查人员与抽取文件",
        "cases": "查看准入与退出案件",
        "case_open": "准入受理与退出立案",
        "case_step": "办理准入与退出案件",
        "case_field": "案件现场复查与登记",
        "case_review": "复核准入与退出案件",
        "case_decide": "作出准入与退出决定",
        "jobs": "提交后台任务",
        "accounts": "管理账号",
        "account_review": "复核账号变更",
        "system": "查看系统运行状态",
        "audit": "查阅与核验审计日志",
    }
)
"""Code → what it allows, in Chinese."""

BUSINESS = frozenset(RIGHTS) - {"account", "accounts", "account_review", "system", "audit"}
"""Rights over elders, providers, figures and decisions: what operators have, and neither the administrator nor the auditor."""

# ``account_review`` belongs to none of the three: it is the look of a second person at what an administrator did, be it a leader or another
# administrator, and nobody gives it to his own work (``access/reviews.py``).
MANAGES, WATCHES = frozenset({"accounts", "system"}), frozenset({"audit"})
"""The other two powers: managing accounts and the system; watching what all of them do."""


def known(code: str) -> str:
    """The code itself; KeyError (a mistake in the program) for a right that is not declared."""
    if code not in RIGHTS:
        raise KeyError(f"no right is called {code}")
    return code
