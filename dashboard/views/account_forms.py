"""What the pages of the own account and of the administrator show: forms and lists from the ledger, as nodes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dashboard.access.passwords import KEPT, SHORTEST
from dashboard.access.scope import ROLES
from dashboard.views.desk import act, choice, facts, field, form, section
from dashboard.views.h import Node, h
from dashboard.views.tables import Col, empty, table

ZONE = ZoneInfo("Asia/Shanghai")
RULES = f"至少 {SHORTEST} 位，含大写、小写、数字、符号中的三种；不含用户名或姓名，不用常见词；不得与最近 {KEPT} 次相同。"
WAYS = {"password": "密码", "oidc": "统一身份认证"}


def moment(seconds: int) -> str:
    """A moment of the ledger in local time; a dash for none."""
    return f"{datetime.fromtimestamp(seconds, ZONE):%Y-%m-%d %H:%M}" if seconds else "—"


def password_form(forced: bool) -> Node:
    """Change the own password."""
    why = h("p", "首次登录、密码被重置或已到期，须先修改密码，才能使用系统。") if forced else None
    return section(
        "修改密码", why,
        form(
            "/account/password",
            field("当前密码", "old", kind="password", most=128, complete="current-password"),
            field("新密码", "new", kind="password", most=128, complete="new-password", hint=RULES),
            field("再输入一次", "again", kind="password", most=128, complete="new-password"),
            button="修改密码",
        ),
        note="修改后其他设备上的登录随即失效", cls="" if not forced else "full",
    )  # fmt: skip


def who_am_i(identity: Any, area: str, outside: Sequence[tuple[str, str]], oidc_name: str) -> Node:
    """The account's own facts."""
    pairs: list[tuple[str, Node]] = [
        ("用户名", identity.username), ("姓名", identity.display_name), ("角色", identity.role_name), ("管辖区域", area),
    ]  # fmt: skip
    if identity.scope.providers is not None:
        pairs.append(("服务单位范围", f"限 {len(identity.scope.providers)} 家"))
    if oidc_name:
        bound = [h("span", f"已绑定（{subject}）") for _, subject in outside] or form("/account/outside", _own_password(), button=f"绑定{oidc_name}", primary=False)
        pairs.append((oidc_name, bound))
    return section("本人账号", facts(pairs), cls="")


def second_factor(left: int | None) -> Node:
    """The state of the second factor, with the way to change it."""
    if left is None:
        start = form("/account/totp/start", _own_password(), button="设置两步验证", primary=False)
        return section("两步验证", h("p", "未启用。启用后，登录时除密码外还需输入手机验证器上的 6 位数字。"), start, cls="")
    off = form("/account/totp/off", _own_password(), button="停用两步验证", primary=False)
    return section("两步验证", h("p", f"已启用，备用验证码还剩 {left} 个。"), off, cls="")


def _own_password() -> Node:
    return field("当前密码", "password", kind="password", most=128, complete="current-password")


def go_outside(name: str, address: str) -> Node:
    """The link to the identity provider, once the password has been shown."""
    said = h("p", f"密码已核对。请在 5 分钟内到{name}登录一次，登录的身份将与本账号绑定。")
    return section(f"绑定{name}", said, h("p", h("a", f"前往{name}", href=address, cls="btn primary"), h("a", "不绑定，返回", href="/account", cls="btn")))


def second_factor_setup(secret: str, picture: str, offered: str, forced: bool) -> Node:
    """The QR code and the form that confirms it."""
    groups = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    return section(
        "设置两步验证", h("p", "您的角色须启用两步验证，设置完成后才能使用系统。") if forced else None,
        h("p", "1. 用手机上的验证器（任何支持 TOTP 的应用）扫描二维码；不能扫描时手工输入密钥。"),
        h("img", src=picture, cls="qr", alt="两步验证二维码"), h("p", groups, cls="secret"),
        h("p", "2. 输入验证器显示的 6 位数字。"),
        form("/account/totp", field("验证码", "code", most=8, complete="one-time-code"), button="启用", offered=offered),
    )  # fmt: skip


def recovery(codes: Sequence[str]) -> Node:
    """The recovery codes, shown this once."""
    return section(
        "备用验证码",
        h("p", "手机不在身边时可用，每个只能用一次。只显示这一次，请打印或抄写后妥善保管。"),
        h("ul", [h("li", code) for code in codes], cls="codes"),
        h("p", h("a", "已保存，继续", href="/account", cls="btn")),
    )


def logins(rows: Sequence[Any]) -> Node:
    """The account's live sessions, each with a way to end it."""
    cols = [Col("登录时间"), Col("最近使用"), Col("地址"), Col("浏览器", "w"), Col("方式"), Col("操作")]
    body: list[list[Node]] = [
        [moment(r.created_at), moment(r.last_seen), r.ip, r.agent or "—", WAYS.get(r.way, r.way), "本次登录" if r.here else act("/account/sessions", "结束", handle=r.handle)]
        for r in rows
    ]  # fmt: skip
    others = act("/account/sessions", "结束其他全部登录", handle="others") if len(rows) > 1 else None
    return section("我的登录", table(cols, body, caption="我的登录"), others, note=f"{len(rows)} 个有效")


def account_list(rows: Sequence[Any], areas: Mapping[str, str], locked: Mapping[str, int], now: int, held: Collection[str]) -> Node:
    """All accounts; ``held``: those that wait for a second person."""
    if not rows:
        return empty("还没有账号。")
    cols = [Col("用户名"), Col("姓名"), Col("角色"), Col("管辖区域"), Col("状态"), Col("两步验证"), Col("密码设置于")]
    body: list[list[Node]] = []
    for a in rows:
        now_locked = locked.get(a.username, 0) > now
        usable = f"锁定至 {moment(locked[a.username])[11:]}" if now_locked else "待改密" if a.must_change else "启用"
        state = "停用" if not a.active else "待复核" if a.username in held else usable
        body.append([
            h("a", a.username, href=f"/accounts/{a.username}"), a.display_name, ROLES[a.role].name if a.role in ROLES else a.role,
            areas.get(a.area_code, a.area_code) + ("（限部分服务单位）" if a.providers else ""), state, "已启用" if a.totp_secret else "—", moment(a.password_changed_at)[:10],
        ])  # fmt: skip
    return section("账号", table(cols, body, caption="账号"), note=f"{len(rows)} 个，其中停用 {sum(not a.active for a in rows)} 个")


def account_new(areas: Sequence[tuple[str, str]], kept: Mapping[str, str]) -> Node:
    """The form for a new account; ``kept``: what was typed before."""
    return section(
        "新建账号",
        form(
            "/accounts",
            field("用户名", "username", value=kept.get("username", ""), most=32, hint="小写字母开头，可含数字和 . _ -"),
            field("姓名", "display_name", value=kept.get("display_name", ""), most=32),
            *place_fields(areas, kept),
            button="建立账号",
        ),
        note="建立后须由另一人复核；密码分两段，首次登录须修改",
    )


def place_fields(areas: Sequence[tuple[str, str]], kept: Mapping[str, str]) -> list[Node]:
    """Role, area and provider set."""
    levels = {1: "区", 2: "街道", 3: "社区"}
    roles = [(code, f"{role.name}（{levels[role.level]}级）") for code, role in ROLES.items()]
    return [
        choice("角色", "role", roles, kept.get("role", "")),
        choice("管辖区域", "area", areas, kept.get("area", "")),
        field("限服务单位", "providers", value=kept.get("providers", ""), required=False, most=4000, hint="单位编号，用逗号隔开；不限请留空"),
    ]


def account_one(
    account: Any, areas: Sequence[tuple[str, str]], named: str, providers: str, lock: int, bound: Sequence[tuple[str, str]], oidc_name: str, waits: bool
) -> list[Node]:
    """One account: its facts and what may be done about it; ``waits``: for a second person."""
    base = f"/accounts/{account.username}"
    state = "停用" if not account.active else "待复核，不能登录" if waits else "首次登录或重置后待改密" if account.must_change else "启用"
    pairs: list[tuple[str, Node]] = [
        ("用户名", account.username), ("姓名", account.display_name), ("角色", ROLES[account.role].name if account.role in ROLES else account.role),
        ("管辖区域", named), ("状态", state), ("建立于", moment(account.created_at)), ("密码设置于", moment(account.password_changed_at)),
        ("两步验证", "已启用" if account.totp_secret else "未启用"), ("登录锁定", f"有地址被锁定至 {moment(lock)}" if lock else "无"),
    ]  # fmt: skip
    acts = [
        act(f"{base}/password", "重置密码"), act(f"{base}/sessions", "结束全部登录"), act(f"{base}/unlock", "解除锁定") if lock else None,
        act(f"{base}/totp", "解除两步验证") if account.totp_secret else None,
        act(f"{base}/disable", "停用账号") if account.active else act(f"{base}/enable", "启用账号"),
    ]  # fmt: skip
    kept = {"role": account.role, "area": account.area_code, "providers": providers}
    parts: list[Node] = [
        section("账号信息", facts(pairs), h("p", h("div", acts, cls="acts")), cls=""),
        section("调整角色和管辖区域", form(f"{base}/place", *place_fields(areas, kept), button="调整"), note="调整后全部登录随即失效", cls=""),
    ]
    if oidc_name:
        listed = [h("p", f"已绑定：{issuer}，用户标识 {subject}") for issuer, subject in bound]
        entry = field("用户标识", "subject", most=255, hint=f"{oidc_name}中的用户标识（sub），不是姓名或邮箱")
        do = act(f"{base}/unbind", "解除绑定") if bound else form(f"{base}/bind", entry, button="绑定")
        parts.append(section(oidc_name, listed, do, cls=""))
    return parts


def held(changes: Sequence[str]) -> Node:
    """Why an account cannot be logged in to yet."""
    return section("待复核", h("p", "另一人在“账号复核”中通过后，该账号才能登录。"), h("ul", [h("li", text) for text in changes], cls="plain"))


def first_half(username: str, half: str) -> Node:
    """The first half of a password, shown this once."""
    return section(
        f"{username} 一次性密码的前半段", h("p", half, cls="secret"),
        h("p", "只显示这一次。请当面或通过可靠渠道告知本人；后半段由另一人在“账号复核”中通过时取得并告知本人，两段连在一起为完整密码。"),
        h("p", "复核通过前该账号不能登录；首次登录须立即修改密码。"), h("p", h("a", "返回账号列表", href="/accounts", cls="btn")),
    )  # fmt: skip
