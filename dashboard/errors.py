"""What people see when something is wrong: a clear page with what to do, never a traceback; the details go to the log under a reference."""

from __future__ import annotations

import secrets

import structlog
from dash.exceptions import DependencyException
from flask import Flask, Response, g, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from dashboard.warehouse import NoSnapshot, Unknown

log = structlog.get_logger(__name__)

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


def install(server: Flask) -> None:
    """Answer every exception, known or not."""

    @server.errorhandler(HTTPException)
    def known(error: HTTPException) -> Response:
        return answer(error.code or 500)

    @server.errorhandler(Unknown)
    def unknown(_error: Unknown) -> Response:
        return answer(404)

    @server.errorhandler(NoSnapshot)
    def nothing_yet(error: NoSnapshot) -> Response:
        return answer(503, str(error))

    # Dash answers an unknown file of a component package with an exception of its own.
    server.register_error_handler(DependencyException, lambda _error: answer(404))

    @server.errorhandler(Exception)
    def unexpected(error: Exception) -> Response:
        reference = secrets.token_hex(4).upper()
        who = g.get("identity")
        # No values of the request: they may hold names or numbers of persons.
        log.error(
            "unexpected_error", reference=reference, method=request.method, path=request.path, account=who.username if who else "",
            error=type(error).__name__, exc_info=error,
        )  # fmt: skip
        return answer(500, reference=reference)


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
    return response
