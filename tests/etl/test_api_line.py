"""A module behind an API in a whole run: read, unreachable, back again."""

from __future__ import annotations

from etl import clock
from etl.martfile import parse
from etl.run import Line, RunResult, run
from tests.etl.conftest import REGISTRY, Tiny
from tests.etl.loading import CONTRACT, record
from tests.etl.reading import read
from tests.support.webs import Answer, paged, site

MART = """-- grain: one stay
-- columns:
--   stay_id  登记编号
select stay_id from travel_stay"""
SPEC = "{kind: api, url: 'http://127.0.0.1:9/api', records: data.list, good: {code: 0}, retries: 0," \
       " paging: {style: page, parameter: pageNo, size: 2, total: data.total}}"  # fmt: skip


def go(tiny: Tiny) -> tuple[RunResult, str]:
    """Run registry and travel; the result and how travel stands."""
    line = Line([REGISTRY, CONTRACT], [parse("stay_list", MART)], {}, None)
    result = run(tiny.region, tiny.layout, line=line, today=clock.today())  # an API is as of the moment at which it answers
    return result, next(m["status"] for m in result.modules if m["module"] == "travel")


def test_a_platform_that_is_down_leaves_the_last_good_data_in_force(tiny: Tiny, monkeypatch) -> None:
    sources = tiny.region.path / "sources.yaml"
    sources.write_text(sources.read_text(encoding="utf-8") + f"  travel: {SPEC}\n", encoding="utf-8")
    result, standing = go(tiny)
    assert (result.exit_code, standing) == (3, "failed")
    assert "接口连接不上" in next(m["message"] for m in result.modules if m["module"] == "travel")
    with site(paged([record(n) for n in range(5)])) as here:
        # The address comes from the environment, and stays an API's.
        monkeypatch.setenv("YIGUAN_SOURCE_TRAVEL_URL", here.url)
        result, standing = go(tiny)
        assert (result.exit_code, standing) == (0, "ok")
        again, _ = go(tiny)
        assert not again.published, "an API that says the same again publishes nothing new"
    result, standing = go(tiny)
    assert (result.exit_code, standing) == (3, "stale")
    assert read(tiny.layout, "select loaded from meta_load where module = 'travel'") == [(5,)]
    with site(lambda *_: Answer({"code": 500, "msg": "busy"})) as here:
        monkeypatch.setenv("YIGUAN_SOURCE_TRAVEL_URL", here.url)
        assert go(tiny)[1] == "stale"
