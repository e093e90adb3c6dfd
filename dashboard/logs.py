"""Logging: one JSON object a line on standard error (in production on standard output), in local time; never a value that a person typed or a record holds."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import MutableMapping
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

import structlog

_ZONE = ZoneInfo("Asia/Shanghai")


def _stamp(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["at"] = datetime.now(_ZONE).isoformat(timespec="milliseconds")
    return event


def _trace(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Where an exception came from, file and line only: its message and the variables around it may hold a person's data."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["trace"] = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)]
        cause = error.__cause__ or error.__context__
        if cause is not None:
            event["cause"] = type(cause).__name__
    return event


def configure(stream: TextIO | None = None) -> None:
    """Set up structlog once per process; lines go to ``stream``, else to standard error as it is at the moment of writing."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _stamp,
            _trace,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
