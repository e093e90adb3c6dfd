"""How a paged JSON API is asked, as the region's ``sources.yaml`` says it; a slip there is told in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from etl.connectors.base import SourceError

STYLES = ("page", "offset", "cursor", "next", "none")
SECRET_HEADERS = ("authorization", "cookie", "token", "key", "secret")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How one asks for the next page.

    ``style``: page (``parameter`` counts pages from ``first``), offset (``parameter`` counts records, from 0 unless ``first`` says otherwise), cursor (``parameter`` takes what
    the last answer says under ``next``), next (``next`` holds the link itself) or none (one answer holds everything).
    ``total`` is where an answer states the number of records; ``echo`` where it repeats the number of its page.
    """

    style: str = "none"
    parameter: str = "page"
    first: int = 1
    size_parameter: str = ""
    size: int = 500
    total: str = ""
    echo: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSpec:
    """Everything about an API but its secret. Times in seconds; ``records`` and other places are dotted paths into an answer.

    ``good`` maps a place to the values that mean success, ``message`` is where an answer says what went wrong.  The token comes from
    the environment (``YIGUAN_SOURCE_<MODULE>_TOKEN``) and is sent in ``token_header`` after ``token_prefix``.
    ``since`` is the query parameter, where there is one, that limits an answer to records changed at or after a moment (``YYYY-MM-DD HH:MM:SS``).
    """

    url: str
    records: str = "data"
    paging: Paging = field(default_factory=Paging)
    good: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    token_header: str = "Authorization"  # noqa: S105 - the name of the header
    token_prefix: str = "Bearer "  # noqa: S105 - the scheme
    since: str = ""
    timeout: float = 30.0
    limit: float = 600.0
    retries: int = 3
    backoff: float = 1.0

    @classmethod
    def read(cls, module: str, spec: Mapping[str, Any]) -> ApiSpec:
        """From an entry of ``sources.yaml``; SourceError for what it does not know or cannot use."""
        values = {k: v for k, v in spec.items() if k != "kind"}
        paging = values.pop("paging", None) or {}
        try:
            _known(module, cls, values, "")
            _known(module, Paging, paging, "paging.")
            if paging.get("style") == "offset":
                paging = {"first": 0} | paging
            read = cls(paging=Paging(**_typed(Paging, paging)), **_typed(cls, values))
        except (TypeError, ValueError) as error:
            raise SourceError(f"sources.yaml 中模块 {module} 的接口设置有误。请管理员对照说明检查。") from error
        if not read.url.startswith(("http://", "https://")):
            raise SourceError(f"sources.yaml 中模块 {module} 的接口地址应以 http:// 或 https:// 开头。")
        if read.paging.style not in STYLES:
            raise SourceError(f"sources.yaml 中模块 {module} 的翻页方式只能是 {'、'.join(STYLES)}。")
        if read.paging.style in ("cursor", "next") and not read.paging.next:
            raise SourceError(f"sources.yaml 中模块 {module} 的翻页缺少 next（下一页写在应答的哪里）。")
        if any(word in name.lower() for name in (*read.headers, *read.query) for word in SECRET_HEADERS):
            raise SourceError(
                f"sources.yaml 中模块 {module} 写有口令类的请求头或参数。请改用环境变量 YIGUAN_SOURCE_{module.upper()}_TOKEN。"
            )
        return read


def _known(module: str, kind: type, values: Mapping[str, Any], above: str) -> None:
    names = {f.name for f in fields(kind)} - {"paging"}
    strange = [f"{above}{k}" for k in values if k not in names]
    if strange:
        raise SourceError(f"sources.yaml 中模块 {module} 的“{'、'.join(strange)}”不认识。请管理员检查拼写。")


def _typed(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the types of the fields; YAML gives numbers where text is meant, and the other way round."""
    typed: dict[str, Any] = {}
    for name, value in values.items():
        match name:
            case "first" | "size" | "retries":
                typed[name] = int(value)
            case "timeout" | "limit" | "backoff":
                typed[name] = float(value)
            case "headers" | "query":
                typed[name] = {str(k): str(v) for k, v in (value or {}).items()}
            case "good":
                typed[name] = {str(k): tuple(_word(x) for x in (v if isinstance(v, list) else [v])) for k, v in (value or {}).items()}
            case _:
                typed[name] = str(value)
    numbers = [typed[n] for n in ("size", "timeout", "limit") if n in typed]
    if any(n <= 0 for n in numbers):
        raise ValueError("must be positive")
    return typed


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
