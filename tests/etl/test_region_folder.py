"""The delivered region folder is sound, the check finds what is broken, and a bureau's own boundaries can be imported."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import shapely
from shapely.geometry import shape

from data.simulator import boundaries
from etl.paths import DEFAULT_REGION, ROOT
from etl.region import Region, RegionError
from etl.region_check import check, import_boundaries

REAL = ROOT.parent / "shared" / "real" / "boundaries"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="../shared/real/boundaries 不在此机器上：跳过真实边界的导入测试")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    target = tmp_path / "region"
    shutil.copytree(DEFAULT_REGION, target)
    return target


def sentences(folder: Path) -> str:
    return "\n".join(str(p) for p in check(folder))


def edit(path: Path, old: str, new: str, count: int = 1) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def shapes(level: int) -> dict[str, shapely.Geometry]:
    return {f["properties"]["code"]: shape(f["geometry"]) for f in Region.load(DEFAULT_REGION).boundaries(level)["features"]}


def test_the_delivered_region_has_no_errors():
    assert [str(p) for p in check(DEFAULT_REGION) if p.severity == "error"] == []


def test_ten_streets_and_one_hundred_and_three_communities_are_supervised():
    areas = [a for a in Region.load(DEFAULT_REGION).areas if a.supervised]
    assert [sum(a.level == level for a in areas) for level in (1, 2, 3)] == [1, 10, 103]


def test_the_merger_of_2021_is_on_record():
    areas = {a.code: a for a in Region.load(DEFAULT_REGION).areas}
    old = areas["330103006000"]
    assert old.name == "朝晖街道" and str(old.valid_to) == "2021-04-09" and areas[old.successor_code].name == "朝晖街道"
    gone = [a for a in areas.values() if a.code.startswith("330103")]
    assert len(gone) == 1 + 8 + 74 and all(areas[a.successor_code].level == a.level for a in gone)


@pytest.mark.parametrize("level", [2, 3])
def test_the_schematic_boundaries_have_no_gap_and_no_overlap(level):
    drawn = list(shapes(level).values())
    assert all(s.geom_type == "Polygon" and s.is_valid for s in drawn)
    assert shapely.coverage_is_valid(drawn)
    whole = shapely.union_all(drawn)
    assert whole.geom_type == "Polygon" and not whole.interiors
    assert whole.equals(shapely.union_all(list(shapes(2).values())))


def test_the_communities_of_a_street_make_up_the_street():
    region, streets, communities = Region.load(DEFAULT_REGION), shapes(2), shapes(3)
    for code, street in streets.items():
        children = [communities[a.code] for a in region.areas if a.parent_code == code and a.code in communities]
        assert shapely.union_all(children).symmetric_difference(street).area < 1e-12


def test_the_layout_is_sensible_and_said_to_be_schematic():
    at = {
        Region.load(DEFAULT_REGION).boundaries(2)["features"][i]["properties"]["short_name"]: s.centroid
        for i, s in enumerate(shapes(2).values())
    }
    assert at["半山"].x > at["康桥"].x > at["祥符"].x and at["康桥"].y > at["拱宸桥"].y > at["湖墅"].y > at["米市巷"].y
    assert min(at, key=lambda n: at[n].y) == "米市巷" and max(at, key=lambda n: at[n].x) == "半山"
    for level in (2, 3):
        for feature in Region.load(DEFAULT_REGION).boundaries(level)["features"]:
            assert feature["properties"]["schematic"] is True and feature["properties"]["label"] == "示意"


def test_the_boundaries_are_small_files_that_the_generator_reproduces(folder):
    delivered = {p.name: p.read_bytes() for p in (folder / "boundaries").iterdir()}
    assert all(len(b) < 150_000 for b in delivered.values())
    boundaries.main(folder)
    assert {p.name: p.read_bytes() for p in (folder / "boundaries").iterdir()} == delivered


def test_a_folder_that_is_none_is_one_sentence(tmp_path):
    assert "缺少 region.yaml" in sentences(tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("areas.csv", "330105001051,夹城巷社区", "33010500105,夹城巷社区", "不是 12 位数字"),
        ("areas.csv", "夹城巷,3,330105001000", "夹城巷,3,330105099000", "上级代码 330105099000 不在表中"),
        ("areas.csv", "夹城巷,3,330105001000", "夹城巷,3,330105000000", "不是街道"),
        ("areas.csv", "2000-01-01,2021-04-09,330105000000", "2000-01-01,1999-04-09,330105000000", "早于启用日期"),
        ("areas.csv", "2021-04-09,330105016000", "2021-04-09,330105099000", "承接代码 330105099000 不在表中"),
        ("areas.csv", "2021-04-09,330105016000", "2021-04-09,330103006000", "绕成了圈"),
        (
            "areas.csv",
            "330105000000,拱墅区,拱墅区,1,,2000-01-01,,,1",
            "330105000000,拱墅区,拱墅区,1,,2000-01-01,,,0",
            "未纳入监管",
        ),
        ("boundaries/streets.geojson", '"code":"330105001000"', '"code":"330105099000"', "缺少 1 个街道的边界（米市巷街道）"),
        ("boundaries/streets.geojson", '"type":"FeatureCollection"', '"type":FeatureCollection', "不是可用的 GeoJSON"),
        ("targets.yaml", "caregiver_cert_rate", "caregiver_cert_rat", "指标 caregiver_cert_rat 不存在"),
        ("targets.yaml", "due: 2026-12", "due: 2026-13", "不是 YYYY-MM"),
        ("targets.yaml", "value: 95", "value: 九十五", "内容不合要求"),
        ("sources.yaml", "  registry:", "  registr:", "模块 registr 不存在"),
        ("sources.yaml", "kind: workbook", "kind: word", "只能是"),
        ("sources.yaml", "sqlite:///{sources}/bed.sqlite", "postgresql://u:secret@db/bed", "写有口令"),
        ("sources.yaml", "modules:", "modules: [", "无法解析"),
        ("policies/rating.yaml", "indicator: satisfaction", "indicator: satisfied", "policies/rating.yaml：第 13 行"),
        ("policies/rating.yaml", "cuts: [50, 70, 88, 95]", "cuts: [50, 70, 68, 95]", "policies/rating.yaml：第"),
        ("policies/rating.yaml", "where: {severity: 严重, open: true}", "where: {severity: 较重, open: true}", "有“严重”问题未整改"),
        ("policies/exit.yaml", "criteria:", "criterias:", "policies/exit.yaml：第"),
        ("policies/inspection.yaml", "factors:", "factor:", "policies/inspection.yaml：第"),
        ("policies/credit.yaml", "basis:", "bases:", "policies/credit.yaml：第"),
    ],
)
def test_the_check_says_what_is_broken(folder, file, old, new, said):
    edit(folder / file, old, new)
    assert said in sentences(folder)


def test_missing_files_are_said(folder):
    for name in ("targets.yaml", "sources.yaml"):
        (folder / name).unlink()
    (folder / "boundaries" / "communities.geojson").unlink()
    shutil.rmtree(folder / "policies")
    said = sentences(folder)
    assert "sources.yaml 不存在" in said and "rating.yaml：没有这个政策文件" in said and "缺少 103 个社区的边界" in said


def test_overlapping_boundaries_are_said(folder):
    path = folder / "boundaries" / "streets.geojson"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["features"][0]["geometry"] = document["features"][1]["geometry"]
    path.write_text(json.dumps(document), encoding="utf-8")
    assert "米市巷街道 与 湖墅街道 重叠，占较小者的 100%" in sentences(folder)


def test_an_import_matches_by_code_or_name_and_names_the_rest(folder, tmp_path):
    square = {"type": "Polygon", "coordinates": [[[120.15, 30.3], [120.16, 30.3], [120.16, 30.31], [120.15, 30.3]]]}
    features = [({"区划代码": "330105003"}, square), ({"NAME": "和睦"}, square), ({"name": "别处街道"}, square)]
    given = tmp_path / "given.geojson"
    document = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": p, "geometry": g} for p, g in features],
    }
    given.write_bytes(json.dumps(document, ensure_ascii=False).encode("gb18030"))
    result = import_boundaries(folder, given, "CGCS2000", 2)
    assert result.matched == ["小河街道", "和睦街道"] and result.unknown == ["别处街道"] and len(result.missing) == 8
    written = json.loads((folder / "boundaries" / "streets.geojson").read_text(encoding="utf-8"))
    assert [f["properties"]["code"] for f in written["features"]] == ["330105003000", "330105004000"]
    assert not any(f["properties"]["schematic"] for f in written["features"])
    assert "导入 2 个边界" in result.sentence and "别处街道" in result.sentence


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "不是完整的 JSON"),
        ('{"type": "Topology"}', "不是 GeoJSON 面数据"),
        ('{"type": "FeatureCollection", "features": []}', "没有一个要素对得上"),
        ('{"type":"Feature","properties":{"name":"小河街道"},"geometry":{"type":"Point","coordinates":[120,30]}}', "不是面"),
        (
            '{"type":"Feature","properties":{"name":"小河街道"},"geometry":{"type":"Polygon",'
            '"coordinates":[[[30,120],[31,120],[31,121],[30,120]]]}}',
            "不是中国范围内的经纬度",
        ),
    ],
)
def test_an_unusable_file_is_refused_and_nothing_is_written(folder, tmp_path, content, said):
    before = (folder / "boundaries" / "streets.geojson").read_bytes()
    given = tmp_path / "given.geojson"
    given.write_text(content, encoding="utf-8")
    with pytest.raises(RegionError, match=said):
        import_boundaries(folder, given, "wgs84", 2)
    assert (folder / "boundaries" / "streets.geojson").read_bytes() == before


@needs_real
def test_real_street_polygons_are_imported_by_name(folder):
    result = import_boundaries(folder, REAL / "hpyer_gongshu_streets_2017.geojson", "WGS84", 2)
    assert len(result.matched) == 10 and not result.missing and result.repaired == ["上塘街道"]
    assert [p for p in check(folder) if p.file == "boundaries/streets.geojson" and p.severity == "error"] == []


@needs_real
def test_two_real_outlines_agree_only_after_conversion(folder, tmp_path):
    streets = import_boundaries(folder, REAL / "hpyer_gongshu_streets_2017.geojson", "wgs84", 2, tmp_path / "streets.geojson")
    whole = shapely.union_all([shape(f["geometry"]) for f in json.loads(streets.out.read_text(encoding="utf-8"))["features"]])
    shares = {}
    for crs in ("gcj02", "wgs84"):
        made = import_boundaries(folder, REAL / "datav_v2_2022_330105.json", crs, 1, tmp_path / f"{crs}.geojson")
        outline = shape(json.loads(made.out.read_text(encoding="utf-8"))["features"][0]["geometry"])
        shares[crs] = outline.intersection(whole).area / outline.union(whole).area
    assert shares["gcj02"] > 0.94 > 0.92 > shares["wgs84"]


@needs_real
def test_a_bare_geometry_can_be_the_districts_outline(folder, tmp_path):
    result = import_boundaries(folder, REAL / "cnmaps_amap_330105.geojson", "GCJ-02", 1, tmp_path / "district.geojson")
    assert result.matched == ["拱墅区"]
