"""The strip of figures: name, value, unit, change on last month, target and verdict; definition and source on hover and focus."""

from __future__ import annotations

from typing import Any

from dashboard import format as fmt
from dashboard.views import marks
from dashboard.views.context import View, only_to
from dashboard.views.frame import lacking
from dashboard.views.h import El, Node, h
from dashboard.warehouse.types import Figure

_LINE = {"className": "line"}


def strip(view: View) -> Node:
    """The cards of the page's strip, each a link to the rows behind it."""
    shown = [code for code in view.page.layout.strip if code in view.figures]
    if not shown:
        return None
    return h(
        "ul", [h("li", card(view, code, view.figures[code])) for code in shown], cls=f"strip n{len(shown)}", aria_label="主要指标"
    )


def card(view: View, code: str, figure: Figure) -> El:
    """One figure as a link."""
    ind = view.ind(code)
    tip = f"tip-{code}"
    digits, unit = amount(ind, figure)
    held = view.area.level in ind.levels
    target = h("span", "目标 ", goal(ind, figure.target), cls="num") if figure.target is not None else None
    return h(
        "a",
        h("span", ind.label, cls="name"),
        marks.verdict(figure.verdict) if held else None,
        h("span", h("b", digits, cls="num"), h("small", unit) if unit else None, cls="v"),
        h("span", h("span", "环比 ", change(ind, figure), cls="num"), target, cls="s") if held else h("span", only_to(ind), cls="s"),
        tooltip(view, code, figure, tip),
        cls="card", href=view.place.rows(code), aria_describedby=tip, data_code=code,
    )  # fmt: skip


def amount(ind: Any, figure: Figure) -> tuple[str, str]:
    """Digits and unit apart, since they are set in different sizes."""
    text = fmt.fmt_value(ind, figure)
    if text == fmt.NONE:
        return text, ""
    digits = text.rstrip("万元") if ind.unit == fmt.MONEY_UNIT else text.removesuffix(ind.unit)
    return digits, text[len(digits) :]


def goal(ind: Any, target: Any) -> str:
    """A target beside its figure: sign and number, the unit being there already."""
    text = fmt.fmt_target(ind, target)
    return text if ind.unit == fmt.MONEY_UNIT else text.removesuffix(ind.unit)


def change(ind: Any, figure: Figure) -> Any:
    """``↑0.4``, ``持平`` or a dash; the arrow is coloured by whether the change is for the better."""
    diff = fmt.delta(ind, figure, figure.previous)
    text = fmt.fmt_delta(ind, figure, figure.previous, unit=False)
    if not diff:
        return text
    return h("span", marks.arrow(diff) + text.lstrip("+-"), cls="delta " + fmt.delta_tone(ind, figure, figure.previous))


def tooltip(view: View, code: str, figure: Figure, ident: str) -> El:
    """What the figure means, how it is made up, where it comes from."""
    ind = view.ind(code)
    lines = [("口径", ind.definition)]
    missing = lacking(view, code)
    lines += [("暂缺", missing)] if missing else []
    lines += [("小样本", "涉及的人很少，或能由它推算出很少几人的数字；无权查看明细的账号不显示")] if figure.hidden else []
    if ind.whole is not None and figure.whole is not None and ind.kind == "ratio":
        lines.append(("构成", f"{plain(figure.part)} ÷ {plain(figure.whole)}"))
    if figure.year_ago is not None:
        lines.append(("同比", fmt.fmt_delta(ind, figure, figure.year_ago)))
    if figure.target is not None and figure.due:
        lines.append(("目标", f"{fmt.fmt_target(ind, figure.target)}，期限 {fmt.fmt_month(str(figure.due)[:7])}"))
    return h(
        "span", h("strong", ind.name), [_line(*line) for line in lines],
        view.w.snapshot.once(f"origin {code}", lambda: _origin(view, code)),
        h("span", "点按查看明细", cls="hint"),
        cls="tip", role="tooltip", id=ident,
    )  # fmt: skip


def _line(name: str, text: str) -> El:
    return El(("span", _LINE, El(("em", {}, name)), El(("span", {}, text))))


def _origin(view: View, code: str) -> list[El]:
    """The lines that are the same for every area and month of a snapshot: basis, sources, their oldest date. Shared by all views, never changed."""
    ind = view.ind(code)
    lines = [("依据", ind.basis)] if ind.basis else []
    sources = view.w.source_of(code)
    lines.append(("来源", fmt.few([f"{title}（{owner}）" for _, title, owner, _ in sources], what="个数据模块") or fmt.NONE))
    dates = sorted({str(date)[:10] for *_, date in sources if date})
    lines.append(("数据时点", fmt.fmt_date(dates[0]) if dates else fmt.NONE))
    return [_line(*line) for line in lines]


def plain(value: Any) -> str:
    """A part or whole: whole numbers without decimals."""
    exact = fmt.number(value)
    if exact is None:
        return fmt.NONE
    return fmt.fmt_number(exact, 0 if exact == exact.to_integral_value() else 2)
