"""What the report says: its figures are the warehouse's, its sentences hold in the odd cases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.format import fmt_value
from dashboard.reports.content import compose
from dashboard.reports.content.context import listing, ranked
from dashboard.reports.content.state import MAIN
from dashboard.reports.content.supervision import brief
from dashboard.reports.model import Paragraph, Report, Table, chinese_number, numbered
from dashboard.warehouse import Figure, Unknown
from etl.indicators import Ratio, catalogue
from tests.reports.conftest import DISTRICT, MONTH, STREET


def said(report: Report, key: str) -> str:
    section = next(s for s in report.sections if s.key == key)
    return "".join(b.text for b in section.blocks if isinstance(b, Paragraph))


def table(report: Report, key: str) -> Table:
    return next(t for t in report.tables() if t.key == key)


def test_every_section_is_there_and_numbered_without_a_hole(reader):
    report = compose(reader(), DISTRICT, MONTH)
    titles = [numbered(s, n)[0] for n, s in enumerate(report.sections, start=1)]
    assert titles == [
        "一、总体情况", "二、指标完成情况", "三、街道排名", "四、护理员持证", "五、补贴资金", "六、服务单位评级与退出", "七、检查与整改", "八、投诉",
        "九、任务进度", "十、数据质量", "十一、下月工作提示",
    ]  # fmt: skip
    assert report.number == "330105-202610"


def test_figures_are_those_of_the_warehouse(reader):
    w = reader()
    report = compose(w, DISTRICT, MONTH)
    codes = {i.name: i for i in w.snapshot.indicators.values()}
    checked = 0
    for key, place in (("targets", 0), ("watched", 1)):
        for row in table(report, key).rows:
            indicator = codes[row[place].text]
            figure = w.figures([indicator.code], DISTRICT, MONTH)[indicator.code]
            assert row[place + 1].text == fmt_value(indicator, figure)
            checked += 1
    assert checked > 40


def test_totals_add_up_to_their_rows(reader):
    report = compose(reader(), DISTRICT, MONTH)
    areas = table(report, "cert_areas").rows
    assert sum(r[1].value for r in areas[:-1]) == areas[-1][1].value
    money = table(report, "subsidies").rows
    for column in (1, 2, 3, 4):
        assert sum(r[column].value for r in money[:-1]) == money[-1][column].value
    stars = table(report, "stars").rows
    assert sum(r[-1].value for r in stars[:-1]) == stars[-1][-1].value


def test_street_and_community_speak_of_their_own_level(reader, community):
    street = compose(reader(STREET, "street"), STREET, MONTH)
    assert "三、社区排名" in [numbered(s, n)[0] for n, s in enumerate(street.sections, start=1)]
    small = compose(reader(STREET, "street"), community, MONTH)
    keys = [s.key for s in small.sections]
    assert "ranking" not in keys
    assert numbered(small.sections[2], 3)[0].startswith("三、")
    assert small.number.endswith("-202610") and len(small.number) == 12 + 7


def test_a_month_or_an_area_outside_is_unknown(reader):
    with pytest.raises(Unknown):
        compose(reader(), DISTRICT, "1999-01")
    with pytest.raises(Unknown):
        compose(reader(STREET, "street"), DISTRICT, MONTH)
    with pytest.raises(Unknown):
        compose(reader(STREET, "street"), "330105001000", MONTH)


def test_nobody_employed_is_said_and_never_becomes_a_percentage(reader, snapshot):
    w = reader()
    for area in (a for a in snapshot.areas.values() if a.level == 3):
        if not w.figures(["caregivers"], area.code, MONTH)["caregivers"].value:
            report = compose(w, area.code, MONTH)
            assert said(report, "caregivers").endswith("没有在岗护理员，持证率无法计算。")
            assert "持证率0" not in said(report, "overview") and "100.0%" not in said(report, "caregivers")
            return
    pytest.fail("the fixture has no community without caregivers")


def test_the_first_month_has_nothing_to_compare_with(reader, snapshot):
    report = compose(reader(), DISTRICT, snapshot.months[0])
    assert "环比" not in said(report, "overview")
    assert {row[3].text for row in table(report, "watched").rows} == {"—"}


def test_modules_in_trouble_are_named_and_asked_for(reader):
    report = compose(reader(), DISTRICT, MONTH)
    assert "沿用旧数1个" in said(report, "quality")
    assert "请督促报送数据：护理员台账（区人力社保局，沿用旧数）" in said(report, "hints")


def test_what_was_corrected_since_the_month_ended_is_listed(reader, snapshot):
    report = compose(reader(), DISTRICT, MONTH)
    assert "月末以来，护理员台账迟报或更正了已报月份的数据，涉及2个月" in said(report, "quality")
    rows = [tuple(cell.text for cell in row) for row in table(report, "revisions").rows]
    assert rows == [("护理员台账", "2026年10月", "6", "6", "2"), ("护理员台账", "2026年9月", "0", "3", "1")]
    before = table(compose(reader(), DISTRICT, snapshot.months[-2]), "revisions").rows
    assert [row[1].text for row in before] == ["2026年9月"]


def test_a_reader_without_the_data_pages_gets_no_rejected_rows(reader, community):
    report = compose(reader(community, "steward"), community, MONTH, rows=True)
    assert "隔离" not in said(report, "quality")
    assert report.row_sheets == ()


def test_rows_behind_are_masked_as_the_reader_may_see_them(reader):
    report = compose(reader(), DISTRICT, MONTH, rows=True)
    sheet = next(s for s in report.row_sheets if s.key == "caregiver_cert_rate_whole")
    place = sheet.columns.index("身份证号")
    assert all("*" in row[place] for row in sheet.rows)
    assert len(sheet.rows) == sheet.total


def test_the_digest_names_the_content(reader):
    one, two = compose(reader(), DISTRICT, MONTH), compose(reader(), DISTRICT, MONTH)
    assert one.digest == two.digest
    assert replace(one, month="2026-09").digest != one.digest
    assert compose(reader(), STREET, MONTH).digest != one.digest


def test_equal_figures_share_a_place_and_unknown_ones_have_none():
    rate = Ratio("r", name="率", group="g", definition="", basis="", part="x", mart="m", better="higher")

    def figure(value):
        return Figure("r", "a", MONTH, 1, 1, value)

    values = [("甲", figure(90.04)), ("乙", figure(90.01)), ("丙", figure(None)), ("丁", figure(80.0))]
    assert [(p, a) for p, a, _ in ranked(values, rate)] == [(1, "甲"), (1, "乙"), (3, "丁"), (None, "丙")]


def test_words():
    assert [chinese_number(n) for n in (1, 10, 11, 20, 21)] == ["一", "十", "十一", "二十", "二十一"]
    assert listing(["甲", "乙"]) == "甲、乙"
    assert listing(["甲", "乙", "丙"], 2) == "甲、乙等3家"


def test_tasks_are_counted_by_lead_department_and_those_behind_are_named(reader):
    report = compose(reader(), DISTRICT, MONTH)
    assert "牵头的任务4项（按牵头部门4项次），按期推进率25.0%" in said(report, "tasks") and "未报" not in said(report, "overview")
    assert "本月未填报的牵头部门：乙街道" in said(report, "tasks")
    assert [(r[0].text, r[1].value, r[3].value) for r in table(report, "task_departments").rows] == [("区民政局", 2, 1), ("乙街道", 1, 0), ("甲街道", 1, 0)]
    late = [(r[0].text, r[3].text, r[4].text) for r in table(report, "tasks_late").rows]
    assert late == [("任务1（重点）", "57.0%", "—"), ("任务3", "—", "本月未填报"), ("任务2", "52.0%", "场地未落实")]
    street = compose(reader(), "330105001000", MONTH)
    assert {r[0].text for r in table(street, "task_departments").rows} == {"甲街道"}


def test_every_figure_meant_for_paper_is_declared():
    assert set(MAIN) <= set(catalogue()), "a misspelt code would leave the table without a word"


def test_paper_carries_what_is_read_and_the_workbook_everything(reader):
    report = compose(reader(), DISTRICT, MONTH)
    main, watched = table(report, "main"), table(report, "watched")
    assert {r[1].text for r in main.rows} < {r[1].text for r in watched.rows}
    assert main.printed and not watched.printed and f"全部{len(watched.rows)}项" in main.note
    paper = {b.key for n, s in enumerate(report.sections, 1) for b, _ in numbered(s, n)[1] if isinstance(b, Table)}
    assert "main" in paper and "watched" not in paper
    defined = {d.name for d in report.definitions}
    assert {d.name for d in report.definitions if d.printed} == {r[0].text.rpartition("（")[0] for r in report.annex.rows}
    assert all(r[1].text in defined for r in watched.rows)
    assert {r[1].text for r in main.rows} <= {d.name for d in report.definitions if d.printed}


@pytest.mark.parametrize(
    ("said", "short"),
    [
        ("12个月记20分：甲；乙；丙；等12项（符合启动退出程序的条件；是否启动，由民政部门集体审议决定）", "12个月记20分：甲；等12项"),
        ("因欺诈骗补受罚款（符合启动退出程序的条件；是否启动，由民政部门集体审议决定）", "因欺诈骗补受罚款"),
        ("甲；乙", "甲；等"),
        ("消防已到期（证号1）", "消防已到期（证号1）"),
        (None, ""),
    ],
)
def test_the_reason_of_a_state_is_short(said, short):
    assert brief(said) == short


def test_the_report_tells_those_given_notice_from_those_who_only_meet_the_criteria(reader):
    """Only who was told in writing is proposed for exit; figures propose, people decide."""
    w = reader()
    states = [p["exit_state"] for p in w.exits(DISTRICT, MONTH)]
    told, met = states.count("exit_proposed"), states.count("exit_candidate")
    assert told and met
    report = compose(w, DISTRICT, MONTH)
    assert f"拟退出{told}家" in said(report, "ratings")
    assert f"符合退出条件、尚未书面告知拟退出的{met}家，是否启动退出程序由民政部门集体审议决定" in said(report, "ratings")
    assert f"符合退出条件{met}家，请逐家研究是否立案。" in "".join(b.text for s in report.sections for b in s.blocks if isinstance(b, Paragraph))
    shown = [row[2].text for row in table(report, "exits").rows]
    assert (shown.count("拟退出"), shown.count("符合退出条件")) == (told, met)
