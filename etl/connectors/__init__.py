"""How a source is reached: SQL database, workbook, delimited files, JSON Lines, paged JSON API, the product's own ledger.

``open_reader`` picks by the region's ``sources.yaml``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from etl.connectors.base import NothingYetError, Reader, SourceError
from etl.contract import Contract

__all__ = ["NothingYetError", "Reader", "SourceError", "is_asked_whole", "is_local", "open_reader"]


def is_local(spec: dict[str, Any] | None) -> bool:
    """True for a source that is files on this machine: reading it keeps no other system's connection busy."""
    kind = str((spec or {}).get("kind", ""))
    return kind in ("workbook", "csv", "jsonl") or (kind == "sql" and str((spec or {}).get("url", "")).startswith("sqlite:"))


def is_asked_whole(contract: Contract, spec: dict[str, Any] | None) -> bool:
    """True for an interface of which only reading all of it tells what is new."""
    told = spec or {}
    return str(told.get("kind", "")) == "api" and not (told.get("since") and any(table.cursor for table in contract.tables))


def open_reader(contract: Contract, spec: dict[str, Any] | None, temp: Path) -> Reader:
    """The reader for one module; SourceError where the region does not say how to reach it, or it is not there."""
    from etl.connectors.api import open_api
    from etl.connectors.csvfile import CsvReader
    from etl.connectors.jsonl import JsonLinesReader
    from etl.connectors.ledger import LedgerReader
    from etl.connectors.sql import TIMEOUT_SECONDS, open_sql
    from etl.connectors.workbook import WorkbookReader

    if spec is None:
        raise SourceError(f"sources.yaml 没有登记模块 {contract.module}。请管理员补充它的接入方式。")
    kind = str(spec.get("kind", ""))
    address = str(spec.get("url") or spec.get("path") or "")
    if not address:
        raise SourceError(f"sources.yaml 中模块 {contract.module} 缺少 url 或 path。请管理员补充。")
    match kind:
        case "sql":
            return open_sql(contract, address, float(spec.get("timeout") or TIMEOUT_SECONDS))
        case "workbook":
            return WorkbookReader(contract, address)
        case "csv":
            return CsvReader(contract, address, str(spec.get("encoding") or "utf-8"), temp)
        case "jsonl":
            return JsonLinesReader(contract, address, str(spec.get("encoding") or "utf-8"))
        case "api":
            return open_api(contract, spec)
        case "ledger":
            return LedgerReader(contract, address)
    raise SourceError(f"sources.yaml 中模块 {contract.module} 的接入方式“{kind}”不认识（可用：sql、workbook、csv、jsonl、api、ledger）。")
