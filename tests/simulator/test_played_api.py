"""The alliance's platform as the demo plays it: a paged API on loopback over the simulated files."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from data.simulator.api import playing
from etl.connectors import open_reader
from etl.load import contracts
from etl.paths import DEFAULT_REGION
from etl.region import Region

VARIABLE = "YIGUAN_SOURCE_ALLIANCE_URL"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Sources with one resource of five records, and a secret beside them."""
    (tmp_path / "alliance").mkdir()
    (tmp_path / "alliance" / "bed-offers.json").write_text(json.dumps([{"offerId": n} for n in range(5)]))
    (tmp_path / "registry.json").write_text("[1]")
    return tmp_path


def ask(url: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_records_come_in_pages_with_their_total(folder):
    with playing(folder):
        base = os.environ[VARIABLE]
        status, answer = ask(f"{base}/bed-offers?pageNum=3&pageSize=2")
        assert (status, answer["code"]) == (200, 0)
        assert answer["data"] == {"pageNum": 3, "total": 5, "list": [{"offerId": 4}]}
        assert ask(f"{base}/bed-offers?pageNum=9&pageSize=2")[1]["data"]["list"] == []
        assert ask(f"{base}/bed-offers?pageNum=x")[1]["code"] == 400
        for path in ("nothing", "..%2F..%2Fregistry", "../../registry"):
            assert ask(f"{base}/{path}")[0] == 404
    assert VARIABLE not in os.environ
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{base}/bed-offers", timeout=2)


def test_an_address_that_is_set_is_left_alone_and_without_files_nothing_is_played(folder, monkeypatch, tmp_path_factory):
    with playing(tmp_path_factory.mktemp("none")) as address:
        assert address is None
        assert VARIABLE not in os.environ
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:9/real")
    with playing(folder) as address:
        assert address is None
        assert os.environ[VARIABLE] == "http://127.0.0.1:9/real"


def test_the_region_reads_what_is_played_to_the_last_record(district, tmp_path):
    contract = next(c for c in contracts() if c.module == "alliance")
    with playing(district.sources):
        spec = Region.load(DEFAULT_REGION).source("alliance", district.sources)
        spec["paging"] |= {"size": 7}
        reader = open_reader(contract, spec, tmp_path)
        for table in contract.tables:
            batches = list(reader.read(table))
            written = json.loads((district.sources / "alliance" / f"{table.source}.json").read_bytes())
            assert sum(b.num_rows for b in batches) == len(written)
            numbers = [v for b in batches for v in b.column(0).to_pylist()]
            assert numbers == [str(next(iter(r.values()))) for r in written]
