"""Asking one address for JSON within limits: of time, size, attempts, and of whom one talks to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError, SSLError

from etl.connectors.base import SourceError
from etl.connectors.records import parse

MAX_ANSWER = 64 << 20
REDIRECTS = 3
BLOCK = 1 << 16
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})
DEFAULT_PORTS = {"http": 80, "https": 443}


class PassingError(Exception):
    """One attempt went wrong in a way that may pass; the message is the sentence to give when it does not."""

    def __init__(self, sentence: str, wait: float = 0.0):
        super().__init__(sentence)
        self.wait = wait


class Web:
    """Asks one host; ``limit`` seconds in all from the making of this object on, ``timeout`` for a single silence."""

    def __init__(self, url: str, headers: Mapping[str, str], *, timeout: float, limit: float, retries: int, backoff: float, owner: str):
        self.base, self.headers, self.owner = url, dict(headers), owner
        self.timeout, self.limit, self.retries, self.backoff = timeout, limit, retries, backoff
        self.end = time.monotonic() + limit
        # Neither proxies nor retries nor redirects of the library's own: each step is decided here.
        self.pool = urllib3.PoolManager(num_pools=1, maxsize=1, retries=False)

    def __enter__(self) -> Web:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.clear()

    def get(self, url: str, what: str) -> Any:
        """The JSON document at ``url``, numbers as text; SourceError (``what`` begins its sentence) when it cannot be had."""
        for attempt in range(self.retries + 1):
            try:
                return self._document(self._body(url, what), what)
            except PassingError as fault:
                if attempt == self.retries:
                    raise SourceError(f"{fault}请{self.owner}检查接口后重试。") from fault
                wait = max(fault.wait, self.backoff * 2**attempt)
                if time.monotonic() + wait >= self.end:
                    raise self._too_slow(what) from fault
                time.sleep(wait)
        raise AssertionError("unreachable")

    def same_host(self, url: str) -> bool:
        """Whether an address belongs to the host that the region names (and is not less protected)."""
        ours, theirs = urlsplit(self.base), urlsplit(url)
        try:
            ports = [p.port or DEFAULT_PORTS.get(p.scheme) for p in (ours, theirs)]
        except ValueError:
            return False
        return (ours.scheme, ours.hostname, ports[0]) == (theirs.scheme, theirs.hostname, ports[1])

    def _too_slow(self, what: str) -> SourceError:
        return SourceError(f"{what}：接口在 {self.limit:g} 秒内没有答完，已中止。请{self.owner}检查接口后重试。")

    def _left(self, what: str) -> float:
        left = self.end - time.monotonic()
        if left <= 0:
            raise self._too_slow(what)
        return left

    def _body(self, url: str, what: str) -> bytes:
        for _ in range(REDIRECTS + 1):
            patience = min(self.timeout, self._left(what))
            try:
                answer = self.pool.request(
                    "GET", url, headers=self.headers, redirect=False, preload_content=False,
                    timeout=urllib3.Timeout(connect=min(10.0, patience), read=patience),
                )
            except SSLError as error:
                raise SourceError(f"{what}：接口的证书无法验证。请{self.owner}更换有效证书。") from error
            except ReadTimeoutError as error:
                raise PassingError(f"{what}：接口超过 {self.timeout:g} 秒没有应答。") from error
            except (NewConnectionError, ConnectTimeoutError) as error:
                raise PassingError(f"{what}：接口连接不上。") from error
            except HTTPError as error:
                raise PassingError(f"{what}：与接口的连接中断。") from error
            try:
                if answer.status in (301, 302, 303, 307, 308):
                    url = self._redirected(url, answer.headers.get("Location", ""), what)
                    continue
                self._status(answer, what)
                return self._read(answer, what)
            finally:
                answer.close()
        raise SourceError(f"{what}：接口一再跳转。请{self.owner}提供直接的地址。")

    def _redirected(self, url: str, location: str, what: str) -> str:
        target = urljoin(url, location)
        if not location or not self.same_host(target):
            raise SourceError(f"{what}：接口跳转到别的地址，已拒绝。请{self.owner}核实接口地址，或由管理员改正 sources.yaml。")
        return target

    def _status(self, answer: urllib3.BaseHTTPResponse, what: str) -> None:
        status = answer.status
        if status in AGAIN or status >= 500:
            busy = "接口繁忙" if status in (429, 503) else "接口出错"
            raise PassingError(f"{what}：{busy}（HTTP {status}）。", _retry_after(answer.headers.get("Retry-After", "")))
        if status in (401, 403):
            raise SourceError(f"{what}：接口拒绝访问（HTTP {status}）。请管理员检查访问令牌的环境变量，或请{self.owner}重新授权。")
        if status != 200:
            raise SourceError(f"{what}：接口答复 HTTP {status}，没有数据。请{self.owner}确认接口地址未变。")

    def _read(self, answer: urllib3.BaseHTTPResponse, what: str) -> bytes:
        body = bytearray()
        try:
            while block := answer.read1(BLOCK):  # type: ignore[attr-defined]
                body += block
                if len(body) > MAX_ANSWER:
                    raise SourceError(f"{what}：一次答复超过 {MAX_ANSWER >> 20} MB，拒绝读取。请管理员调小每页条数。")
                self._left(what)
        except ReadTimeoutError as error:
            raise PassingError(f"{what}：接口答到一半停住了。") from error
        except HTTPError as error:
            raise PassingError(f"{what}：数据只传了一部分。") from error
        return bytes(body)

    def _document(self, body: bytes, what: str) -> Any:
        head = body[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if head.startswith(b"<"):
            raise SourceError(f"{what}：接口返回的是网页而不是数据（可能需要登录或地址已变）。请{self.owner}核实接口。")
        try:
            return parse(body.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise PassingError(f"{what}：返回内容的编码不是 UTF-8。") from error
        except ValueError as error:
            raise PassingError(f"{what}：返回内容不是完整的 JSON，可能只传了一部分。" if head else f"{what}：返回内容是空的。") from error


def _retry_after(text: str) -> float:
    """Seconds that a busy server asks for; a date or nonsense counts as nothing said."""
    return float(text) if text.strip().isdigit() else 0.0
