"""The page for what is not answered: what happened and what to do, in words, for browsers and for anything else."""

from __future__ import annotations

from flask import Response, make_response, render_template, request

MESSAGES = {
    400: ("请求无法识别", "地址或提交的内容有误，请返回上一页重试。"),
    401: ("请重新登录", "登录已失效。"),
    403: ("不能这样操作", "当前账号没有此项权限，或请求来源不符。"),
    404: ("没有找到", "您要看的内容不存在，或不在您的管辖范围内。请检查地址，或从首页进入。"),
    405: ("不支持的操作", "请从页面上的按钮或链接操作。"),
    413: ("内容过大", "提交的内容超出限制。"),
    429: ("操作过于频繁", "请稍后再试。"),
    503: ("暂时不能提供服务", "请稍后再试；如持续出现，请联系系统管理员。"),
}
UNEXPECTED = ("系统出错", "已记录。请稍后再试；如仍有问题，请将编号告知系统管理员。")


def answer(status: int, text: str = "", reference: str = "") -> Response:
    """A page for browsers, one line for anything else."""
    title, advice = MESSAGES.get(status, UNEXPECTED)
    advice = text or advice
    if "text/html" in request.headers.get("Accept", "") and not request.path.startswith("/_"):
        response = make_response(
            render_template("error.html", title=title, advice=advice, status=status, reference=reference), status
        )
    else:
        response = Response(f"{title}：{advice}" + (f"（编号 {reference}）" if reference else ""), status, mimetype="text/plain")
    response.headers["Cache-Control"] = "no-store"
    if status == 503:
        response.headers["Retry-After"] = "10"
    return response
