"""The API connector: every page or nothing, ids to the last digit, and one sentence for whoever can mend it."""

from __future__ import annotations

import gzip
from datetime import datetime
from typing import Any

import pytest

from etl.connectors import SourceError, open_reader
from tests.etl.loading import CONTRACT, STAY, Loaded, record
from tests.support.webs import Answer, Script, paged, site

PAGING = {"style": "page", "parameter": "pageNo", "size_parameter": "pageSize", "size": 2, "total": "data.total", "echo": "data.page"}
SPEC: dict[str, Any] = {
    "kind": "api", "records": "data.list", "paging": PAGING, "good": {"code": 0}, "message": "msg", "timeout": 5, "backoff": 0.01,
    "retries": 2,
}  # fmt: skip
FIVE = [record(n) for n in range(5)]


def load(url: str, tmp_path: Any, into: Loaded | None = None, **changes: Any) -> Loaded:
    """Read the whole resource into memory."""
    loaded = into or Loaded()
    loaded.read(open_reader(CONTRACT, SPEC | {"url": url} | changes, tmp_path))
    return loaded


def refusal(script: Script, tmp_path: Any, **changes: Any) -> str:
    """What the connector says when it refuses; nothing of the delivery is in force."""
    loaded = Loaded()
    with site(script) as here, pytest.raises(SourceError) as refused:
        load(here.url, tmp_path, loaded, **changes)
    assert loaded.rows() == []
    assert loaded.rows("select count(*) from state.delivery") == [(0,)]
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert sentence.endswith("。")
    return sentence


def changed(good: Script, page: int, change: Any) -> Script:
    """``good``, but for one page, whose answer is made by ``change(answer)``."""

    def script(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        answer = good(path, query, headers)
        return change(answer) if int(query["pageNo"]) == page else answer

    return script


def test_all_pages_are_read_in_turn_and_ids_keep_every_digit(tmp_path):
    body = b'{"code": 0, "data": {"page": 1, "total": 1, "list": [{"id": 330105195001010021, "guest": {"name": "\xe5\xbc\xa0"},' \
           b' "nights": 3, "rate": 0.10, "verified": false}]}}'  # fmt: skip
    with site(paged(FIVE)) as here:
        loaded = load(here.url, tmp_path)
        assert [(p, q["pageNo"], q["pageSize"]) for p, q, _ in here.requests] == [("/api/stays", str(n), "2") for n in (1, 2, 3)]
    assert [r[0] for r in loaded.rows()] == [f"S{n:04d}" for n in range(5)]
    with site(lambda *_: Answer(body)) as here:
        loaded = load(here.url, tmp_path)
    assert loaded.rows("select stay_id, guest, rate, verified from checked.travel_stay") == [("330105195001010021", "张", 0.1, False)]


def test_a_second_reading_of_the_same_pages_changes_nothing(tmp_path):
    with site(paged(FIVE)) as here:
        loaded = load(here.url, tmp_path)
        before = loaded.rows("select batch, content from state.delivery")
        load(here.url, tmp_path, loaded)
    assert loaded.rows("select batch, content from state.delivery") == before


def test_what_is_no_record_is_set_aside_with_its_page(tmp_path):
    records = [record(0), "offline", record(2, nights="many"), record(3, guest={"name": "\ud800"})]
    with site(paged(records)) as here:
        loaded = load(here.url, tmp_path)
    found = loaded.quarantined()
    assert [(s, p) for s, p, _ in found] == [("stays 第 1 页", 2), ("stays 第 2 页", 3), ("stays 第 2 页", 4)]
    assert "不是一条记录" in found[0][2]
    assert "不是整数" in found[1][2]
    assert "无法识别的字符" in found[2][2]


def test_changes_since_a_moment_the_total_and_all_keys(tmp_path):
    def script(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        since, size = query.get("since", ""), int(query["pageSize"])
        found = [r | {"at": f"2026-10-0{i + 1} 00:00:00"} for i, r in enumerate(FIVE)]
        found, page = [r for r in found if r["at"] >= since], int(query["pageNo"])
        return Answer({"code": 0, "data": {"page": page, "total": len(found), "list": found[(page - 1) * size : page * size]}})

    with site(script) as here:
        reader = open_reader(CONTRACT, SPEC | {"url": here.url, "since": "since"}, tmp_path)
        changed = [i for rows in reader.changed(STAY, datetime(2026, 10, 3)) for i in rows.column("id").to_pylist()]
        assert changed == ["S0002", "S0003", "S0004"]
        assert reader.total(STAY) == 5
        assert [i for rows in reader.keys(STAY) for i in rows.column("c0").to_pylist()] == [f"S{n:04d}" for n in range(5)]
    assert not hasattr(open_reader(CONTRACT, SPEC | {"url": here.url}, tmp_path), "changed")


@pytest.mark.parametrize(("style", "parameter"), [("cursor", "after"), ("next", "")])
def test_cursors_and_next_links(tmp_path, style, parameter):
    def script(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        at = int(query.get("after", 0))
        more = {"cursor": at + 2, "next": f"/api/stays?after={at + 2}"}[style] if at + 2 < len(FIVE) else None
        return Answer({"items": FIVE[at : at + 2], "meta": {"next": more}})

    paging = {"style": style, "parameter": parameter, "next": "meta.next"}
    with site(script) as here:
        loaded = load(here.url, tmp_path, records="items", paging=paging, good={})
        assert len(here.requests) == 3
    assert len(loaded.rows()) == 5


def test_offsets_count_records_and_a_short_page_is_the_last(tmp_path):
    script: Script = lambda path, query, headers: Answer(FIVE[int(query["skip"]) :][:2])  # noqa: E731
    with site(script) as here:
        loaded = load(here.url, tmp_path, records="", good={}, paging={"style": "offset", "parameter": "skip", "size": 2})
        assert [q["skip"] for _, q, _ in here.requests] == ["0", "2", "4"]
    assert len(loaded.rows()) == 5


def test_the_token_comes_from_the_environment_and_never_from_the_file(tmp_path, monkeypatch):
    monkeypatch.setenv("YIGUAN_SOURCE_TRAVEL_TOKEN", "t0ken")
    with site(paged(FIVE)) as here:
        load(here.url, tmp_path, headers={"X-Region": "330105"})
        assert {(h["authorization"], h["x-region"]) for _, _, h in here.requests} == {("Bearer t0ken", "330105")}
    for wrong in ({"headers": {"Authorization": "Bearer t0ken"}}, {"query": {"access_token": "t0ken"}}):
        with pytest.raises(SourceError, match="YIGUAN_SOURCE_TRAVEL_TOKEN") as refused:
            open_reader(CONTRACT, SPEC | {"url": "http://127.0.0.1:9/api"} | wrong, tmp_path)
        assert "t0ken" not in str(refused.value)


def test_busy_and_broken_answers_are_asked_for_again(tmp_path):
    good, first = paged(FIVE), []
    troubles = [Answer(status=503, headers={"Retry-After": "0"}), Answer(status=429), Answer(b"", status=500)]

    def script(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        if query["pageNo"] == "2" and len(first) < len(troubles):
            first.append(1)
            return troubles[len(first) - 1]
        answer = good(path, query, headers)
        if query["pageNo"] == "3" and len(first) == 3:
            first.append(1)
            answer.cut = 10
        return answer

    with site(script) as here:
        assert len(load(here.url, tmp_path, retries=3).rows()) == 5


def test_compressed_answers_are_understood(tmp_path):
    good = paged(FIVE)

    def script(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        import json

        body = gzip.compress(json.dumps(good(path, query, headers).body).encode())
        return Answer(body, headers={"Content-Encoding": "gzip"})

    with site(script) as here:
        assert len(load(here.url, tmp_path).rows()) == 5


def test_two_hundred_with_an_error_inside(tmp_path):
    said = refusal(lambda *_: Answer({"code": 401, "msg": "token 330105195001010021 expired\nsee log"}), tmp_path)
    assert "报告出错（code = 401：token **** expired see log）" in said


def test_truncated_page(tmp_path):
    cut = changed(paged(FIVE), 2, lambda a: Answer(a.body, cut=9))
    assert "第 2 页：数据只传了一部分" in refusal(cut, tmp_path)


def test_wrong_json(tmp_path):
    assert "不是完整的 JSON" in refusal(lambda *_: Answer(b'{"code": 0, "data": {"list": [{"id": 1}'), tmp_path)
    assert "返回内容是空的" in refusal(lambda *_: Answer(b""), tmp_path)
    assert "编码不是 UTF-8" in refusal(lambda *_: Answer('{"code": "张"}'.encode("gb18030")), tmp_path)
    assert "不是完整的 JSON" in refusal(lambda *_: Answer(b"[" * 100_000), tmp_path)


def test_html_instead_of_json(tmp_path):
    page = Answer("<!DOCTYPE html><title>请登录</title>".encode(), headers={"Content-Type": "text/html"})
    assert "返回的是网页" in refusal(lambda *_: page, tmp_path)


def test_another_shape_of_answer_says_what_is_there(tmp_path):
    assert "没有“data.list”（现有：code、rows）" in refusal(lambda *_: Answer({"code": 0, "rows": []}), tmp_path)


def test_a_page_twice_and_a_page_missing(tmp_path):
    twice = changed(paged(FIVE), 2, lambda a: Answer(a.body | {"data": a.body["data"] | {"list": FIVE[:2]}}))
    assert "第 2 页与第 1 页内容相同" in refusal(twice, tmp_path)
    missing = changed(paged(FIVE), 2, lambda a: Answer(a.body | {"data": a.body["data"] | {"list": []}}))
    assert "声明共 5 条，实际取到 2 条" in refusal(missing, tmp_path)
    short = changed(paged(FIVE), 2, lambda a: Answer(a.body | {"data": a.body["data"] | {"list": FIVE[2:3]}}))
    assert "声明共 5 条，实际取到 4 条" in refusal(short, tmp_path)
    other = changed(paged(FIVE), 2, lambda a: Answer(a.body | {"data": a.body["data"] | {"page": 7}}))
    assert "要的是第 2 页，答的却是第 7 页" in refusal(other, tmp_path)


def test_a_total_that_does_not_agree(tmp_path):
    more = changed(paged(FIVE), 3, lambda a: Answer(a.body | {"data": a.body["data"] | {"total": 6}}))
    assert "由 5 变为 6" in refusal(more, tmp_path)
    none = changed(paged(FIVE), 1, lambda a: Answer(a.body | {"data": {"list": FIVE[:2]}}))
    assert "没有说明总条数" in refusal(none, tmp_path)
    assert "没有任何数据行" in refusal(paged([]), tmp_path)


def test_a_field_that_was_renamed_is_a_change_of_schema(tmp_path):
    renamed = [{("nightCount" if k == "nights" else k): v for k, v in r.items()} for r in FIVE]
    said = refusal(paged(renamed), tmp_path)
    assert "缺少“nights”列" in said
    assert "nightCount" in said
    flat = [{("guestName" if k == "guest" else k): (v["name"] if k == "guest" else v) for k, v in r.items()} for r in FIVE]
    with site(paged(flat)) as here:
        assert load(here.url, tmp_path).rows()[0][1] == "客人0"


def test_redirects_stay_with_the_host(tmp_path):
    def moved(path: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        if path.startswith("/api"):
            return Answer(status=302, headers={"Location": f"/v2{path}?pageNo={query['pageNo']}"})
        return paged(FIVE)(path, query, headers)

    with site(moved) as here:
        assert len(load(here.url, tmp_path).rows()) == 5
    with site(paged(FIVE)) as foreign:
        away: Script = lambda *_: Answer(status=302, headers={"Location": f"{foreign.url}/stays?pageNo=1"})  # noqa: E731
        assert "跳转到别的地址，已拒绝" in refusal(away, tmp_path)
        link = {"data": {"list": FIVE[:2]}, "next": f"{foreign.url}/stays"}
        said = refusal(lambda *_: Answer(link), tmp_path, good={}, paging={"style": "next", "next": "next"})
        assert "指向别的地址，已拒绝" in said
        assert foreign.requests == []
    assert "一再跳转" in refusal(lambda p, q, h: Answer(status=307, headers={"Location": p}), tmp_path)


def test_a_circle_of_next_links_ends(tmp_path):
    numbers = iter(range(99))
    script: Script = lambda *_: Answer({"items": [record(next(numbers))], "next": "abc"})  # noqa: E731
    assert "指回已读过的页" in refusal(script, tmp_path, records="items", good={}, paging={"style": "cursor", "next": "next"})


@pytest.mark.parametrize(("status", "words"), [(500, "接口出错（HTTP 500）"), (429, "接口繁忙"), (401, "拒绝访问"), (404, "HTTP 404")])
def test_status_codes(tmp_path, status, words):
    assert words in refusal(lambda *_: Answer({"error": "x"}, status=status), tmp_path)


def test_a_system_that_hangs_or_drips_is_cut_off(tmp_path):
    hangs = refusal(lambda *_: Answer({}, wait=30), tmp_path, timeout=0.2, retries=0)
    assert "超过 0.2 秒没有应答" in hangs
    stops = changed(paged(FIVE), 1, lambda a: Answer(a.body, drip=0.05))
    assert "在 0.4 秒内没有答完" in refusal(stops, tmp_path, limit=0.4)
    asks_for_patience = Answer(status=503, headers={"Retry-After": "86400"})
    assert "没有答完，已中止" in refusal(lambda *_: asks_for_patience, tmp_path, limit=5)


def test_nobody_there(tmp_path):
    with site(paged(FIVE)) as here:
        gone = here.url
    with pytest.raises(SourceError, match="接口连接不上"):
        load(gone, tmp_path, retries=0)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"url": "ftp://127.0.0.1/x"}, "http"), ({"paging": {"style": "scroll"}}, "翻页方式"), ({"recrods": "data"}, "recrods"),
        ({"paging": {"sise": 3}}, "paging.sise"), ({"timeout": "soon"}, "设置有误"), ({"timeout": -1}, "设置有误"),
        ({"paging": {"style": "cursor"}}, "缺少 next"),
    ],
)  # fmt: skip
def test_a_slip_in_the_region_folder(tmp_path, wrong, words):
    with pytest.raises(SourceError, match=words):
        open_reader(CONTRACT, SPEC | {"url": "http://127.0.0.1:9/api"} | wrong, tmp_path)
