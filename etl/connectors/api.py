"""Paged JSON over HTTP: every page asked for in turn, each looked at before its records are believed.

A table's ``source`` is the path of a resource below the module's address.  Whatever does not add up (a page twice, a page missing, a
total that differs from what came, an answer that reports an error) ends the reading with one sentence, and nothing is loaded.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pyarrow as pa

from etl.connectors.apispec import ApiSpec
from etl.connectors.base import SourceError
from etl.connectors.records import Records, at, has
from etl.connectors.web import Web
from etl.contract import Contract, Table

MAX_PAGES = 200_000


class ApiReader:
    """One module's API."""

    def __init__(self, contract: Contract, spec: Mapping[str, Any]):
        self.contract, self.spec = contract, ApiSpec.read(contract.module, spec)
        self.skipped: Counter[str] = Counter()

    def fingerprint(self, table: Table) -> str | None:
        """None: only reading can tell whether an API has news."""
        return None

    def delivered_on(self) -> date | None:
        """None: a live system delivers on the day on which a change is read from it."""
        return None

    def read(self, table: Table) -> Iterator[pa.RecordBatch]:
        yield from self._rows(table, {})

    def _rows(self, table: Table, query: Mapping[str, str]) -> Iterator[pa.RecordBatch]:
        records, place = Records(table), f"接口“{table.source}”"
        with self._web() as web:
            for number, documents in enumerate(_Pages(self, web, table, query), start=1):
                if documents:
                    first = records.read + 1
                    yield records.batch(documents, f"{table.source} 第 {number} 页", range(first, first + len(documents)))
        records.complete(self.contract, f"{place}的记录")

    def _web(self) -> Web:
        spec = self.spec
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", **spec.headers}
        token = os.environ.get(f"YIGUAN_SOURCE_{self.contract.module.upper()}_TOKEN")
        if token:
            headers[spec.token_header] = f"{spec.token_prefix}{token}"
        return Web(
            spec.url, headers, timeout=spec.timeout, limit=spec.limit, retries=spec.retries, backoff=spec.backoff,
            owner=self.contract.owner,
        )  # fmt: skip


class ChangesReader(ApiReader):
    """An API that can be asked for what changed since a moment, and says how many records there are."""

    def changed(self, table: Table, since: datetime) -> Iterator[pa.RecordBatch]:
        """The rows changed at or after ``since``."""
        yield from self._rows(table, {self.spec.since: f"{since:%Y-%m-%d %H:%M:%S}"})

    def total(self, table: Table) -> int:
        """How many records the resource has now."""
        size = self.spec.paging.size_parameter
        with self._web() as web:
            return _Pages(self, web, table, {size: "1"} if size else {}).stated()

    def keys(self, table: Table) -> Iterator[pa.RecordBatch]:
        """Key and moment of change of all rows as text, c0, c1 …"""
        moved = getattr(table, "cursor", "") or table.order_by
        wanted = [*table.key, *([moved] if moved else [])]
        names = [table.column(c).source for c in wanted]
        for rows in self.read(table):
            yield pa.RecordBatch.from_arrays([rows.column(n) for n in names], [f"c{i}" for i in range(len(names))])


def open_api(contract: Contract, spec: Mapping[str, Any]) -> ApiReader:
    """The reader for an entry of ``sources.yaml``; SourceError for a slip in it."""
    plain = ApiReader(contract, spec)
    return ChangesReader(contract, spec) if plain.spec.since and plain.spec.paging.total else plain


class _Pages:
    """The pages of one resource, as lists of records, each checked against those before it."""

    def __init__(self, reader: ApiReader, web: Web, table: Table, query: Mapping[str, str]):
        self.spec, self.owner, self.web, self.query = reader.spec, reader.contract.owner, web, query
        self.place = f"接口“{table.source}”"
        self.url = f"{self.spec.url.rstrip('/')}/{table.source.strip('/')}"
        self.seen: dict[str, int] = {}
        self.links: set[str] = set()
        self.total: int | None = None
        self.read = 0

    def __iter__(self) -> Iterator[list[Any]]:
        url: str | None = self._address(0, "")
        number = 0
        while url is not None:
            number += 1
            if number > MAX_PAGES:
                raise self._wrong(f"翻了 {MAX_PAGES} 页仍没有结束")
            what = f"{self.place}第 {number} 页"
            answer = self.web.get(url, what)
            self._look(answer, what)
            documents = self._documents(answer, what)
            self._once(documents, number)
            self._count(answer, number, documents, what)
            yield documents
            url = self._following(answer, number, documents)
        if self.total is not None and self.total != self.read:
            raise self._wrong(f"声明共 {self.total} 条，实际取到 {self.read} 条，有缺页或重复")

    def stated(self) -> int:
        """The number of records that the first page states."""
        what = f"{self.place}第 1 页"
        answer = self.web.get(self._address(0, ""), what)
        self._look(answer, what)
        self._count(answer, 1, self._documents(answer, what), what)
        return self.total or 0

    def _wrong(self, sentence: str) -> SourceError:
        return SourceError(f"{self.place}{sentence}。请{self.owner}检查接口后重试。")

    def _address(self, page: int, cursor: str) -> str:
        """The address of the page after ``page`` pages."""
        paging = self.spec.paging
        query = dict(self.spec.query)
        if paging.size_parameter and paging.style != "none":
            query[paging.size_parameter] = str(paging.size)
        match paging.style:
            case "page":
                query[paging.parameter] = str(paging.first + page)
            case "offset":
                query[paging.parameter] = str(paging.first + self.read)
            case "cursor" if cursor:
                query[paging.parameter] = cursor
        query |= self.query
        joint = "&" if urlsplit(self.url).query else "?"
        return f"{self.url}{joint}{urlencode(query)}" if query else self.url

    def _look(self, answer: Any, what: str) -> None:
        """SourceError for an answer that says of itself that it is none."""
        for path, good in self.spec.good.items():
            said = at(answer, path)
            if (str(said).lower() if isinstance(said, bool) else str(said)) not in good:
                told = at(answer, self.spec.message) if self.spec.message else None
                raise self._wrong(f"第 {what.rpartition('第 ')[2]}报告出错（{path} = {_short(said)}{f'：{_short(told)}' if told else ''}）")

    def _documents(self, answer: Any, what: str) -> list[Any]:
        found = at(answer, self.spec.records) if self.spec.records else answer
        if not isinstance(found, list):
            have = "、".join(list(answer)[:12]) if isinstance(answer, dict) else "无"
            raise SourceError(f"{what}没有“{self.spec.records or '记录列表'}”（现有：{_short(have, 120)}）。请{self.owner}确认接口格式未变。")
        return found

    def _once(self, documents: list[Any], number: int) -> None:
        if not documents:
            return
        content = hashlib.sha256(json.dumps(documents, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
        if content in self.seen:
            raise self._wrong(f"第 {number} 页与第 {self.seen[content]} 页内容相同")
        self.seen[content] = number

    def _count(self, answer: Any, number: int, documents: list[Any], what: str) -> None:
        paging = self.spec.paging
        self.read += len(documents)
        if paging.echo and has(answer, paging.echo):
            said, asked = str(at(answer, paging.echo)), str(paging.first + number - 1)
            if said != asked:
                raise self._wrong(f"要的是第 {asked} 页，答的却是第 {_short(said)} 页")
        if not paging.total:
            return
        said = str(at(answer, paging.total))
        if not re.fullmatch(r"\d{1,12}", said):
            raise SourceError(f"{what}没有说明总条数（{paging.total}）。请{self.owner}确认接口格式未变。")
        if self.total is not None and self.total != int(said):
            raise self._wrong(f"的总条数在读取途中由 {self.total} 变为 {said}，数据正在变动")
        self.total = int(said)

    def _following(self, answer: Any, number: int, documents: list[Any]) -> str | None:
        """The next page's address; None after the last."""
        paging = self.spec.paging
        match paging.style:
            case "page" | "offset":
                # With a total one reads on until it is reached, or until a page comes empty (which the total then tells).
                done = self.read >= self.total if self.total is not None else len(documents) < paging.size
                return None if done or not documents else self._address(number, "")
            case "cursor" | "next":
                link = at(answer, paging.next)
                if link in (None, "", False):
                    return None
                if str(link) in self.links:
                    raise self._wrong("的下一页又指回已读过的页")
                self.links.add(str(link))
                if paging.style == "cursor":
                    return self._address(number, str(link))
                target = urljoin(self.url, str(link))
                if not self.web.same_host(target):
                    raise self._wrong("的下一页指向别的地址，已拒绝")
                return target
        return None


def _short(value: Any, length: int = 60) -> str:
    """What an answer says of itself, on one line and without numbers long enough to be personal."""
    line = re.sub(r"\s+", " ", str(value))
    return re.sub(r"\d{6,}", "****", line)[:length]
