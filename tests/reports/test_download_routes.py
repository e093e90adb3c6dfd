"""The download routes: who may, what name the file has, what is recorded, and that wrong addresses are all alike."""

from __future__ import annotations

import hashlib
import io
from types import SimpleNamespace
from urllib.parse import unquote

import docx
import openpyxl
import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from dashboard import ledger
from dashboard.reports import routes
from dashboard.warehouse import Unknown
from etl.paths import DEFAULT_REGION
from etl.policy import privacy
from tests.reports.conftest import DISTRICT, MONTH, STREET


class Services:
    """What the routes ask of the application, with a reader that a test chooses."""

    def __init__(self, warehouse, rows=20_000):
        self._warehouse = warehouse
        self.settings = SimpleNamespace(export_rows=rows)
        self.identity = SimpleNamespace(display_name="李某", username="staff", role="staff")
        self.lines = []
        self.ledger = ledger.open("sqlite://")

    def warehouse(self, as_of="", watched=True):
        return self._warehouse

    privacy = privacy.read(DEFAULT_REGION)

    def bureau(self):
        return "测试市测试区民政局"

    def ask_purpose(self, title, wrong="", note=""):
        return f"<h1>{title}</h1>{wrong}{note}"

    def audit(self, action, obj="", detail=""):
        self.lines.append((action, obj, detail))


def server(services):
    app = Flask("downloads")
    routes.install(app, services)
    app.register_error_handler(Unknown, lambda e: ("没有找到", 404))
    app.register_error_handler(HTTPException, lambda e: (str(e.code), e.code))
    return app.test_client()


def fetch(services, url, **form):
    """The file behind an address, for a stated purpose."""
    return server(services).post(url, data={"purpose": "meeting", **form})


def test_a_purpose_is_asked_for_before_anything_leaves(reader):
    services = Services(reader())
    url = f"/report.docx?area={DISTRICT}&month={MONTH}"
    asked = server(services).get(url + "&purpose=meeting")
    assert asked.mimetype == "text/html" and "下载月报" in asked.text
    for form in ({"purpose": ""}, {"purpose": "curiosity"}, {"purpose": "other", "reason": " "}):
        refused = fetch(services, url, **form)
        assert refused.status_code == 400 and refused.mimetype == "text/html"
    assert services.lines == []
    given = fetch(services, url, purpose="other", reason="市局督查")
    (detail,) = (line[2] for line in services.lines)
    assert "其他（市局督查）" in detail and hashlib.sha256(given.data).hexdigest() in detail
    document = docx.Document(io.BytesIO(given.data))
    assert "其他（市局督查）" in "".join(p.text for s in document.sections for p in s.footer.paragraphs)


def book(response):
    return openpyxl.load_workbook(io.BytesIO(response.data))


def texts(response):
    return "\n".join(str(c.value) for sheet in book(response) for row in sheet.iter_rows() for c in row if c.value is not None)


def test_the_file_is_named_in_chinese_and_recorded(reader):
    services = Services(reader())
    answer = fetch(services, f"/report.docx?area={DISTRICT}&month={MONTH}")
    assert answer.status_code == 200
    assert unquote(answer.headers["Content-Disposition"]).endswith("拱墅区养老服务监管月报_2026-10.docx")
    assert answer.headers["Cache-Control"] == "no-store"
    assert [line[0] for line in services.lines] == ["report"]
    lines = [p.text for p in docx.Document(io.BytesIO(answer.data)).paragraphs]
    assert "测试市测试区民政局" in lines and not any(line.startswith("李某") for line in lines), "the bureau signs, not the account"


def test_rejected_rows_go_back_to_their_owner_masked_and_safe_to_open(reader):
    services = Services(reader())
    answer = fetch(services, f"/export/data.xlsx?area={DISTRICT}&month={MONTH}&table=returns&owner=区人力社保局")
    assert answer.status_code == 200 and services.lines[0][0] == "export"
    said = texts(answer)
    assert all(word in said for word in ("退回清单 区人力社保局", "更正后的值", "有效期至", "不是有效日期", "证书编号 T0", "文件按行号查找"))
    assert not [c for sheet in book(answer) for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    for owner in ("", "没有这个单位"):
        assert fetch(services, f"/export/data.xlsx?area={DISTRICT}&month={MONTH}&table=returns&owner={owner}").status_code == 404


def test_the_template_of_a_contract_is_handed_out_and_recorded(reader):
    services = Services(reader())
    services.bureau = lambda: "测试区民政局"
    answer = server(services).get("/contract/caregiver.xlsx")
    assert answer.status_code == 200 and "证书编号" in texts(answer)
    assert [line[0] for line in services.lines] == ["export"]
    assert server(services).get("/contract/no_such.xlsx").status_code == 404
    # A database is not filled in by hand, and a filled-in sheet would be read by nobody.
    assert server(services).get("/contract/order.xlsx").status_code == 404


TABLES = (
    "providers",
    "caregiver_providers",
    "levels",
    "areas",
    "ranking",
    "programmes",
    "streets",
    "exits",
    "modules",
    "loads",
    "revisions",
    "quarantine",
    "warnings",
)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(("area", "role"), [(DISTRICT, "leader"), (STREET, "street")])
def test_every_table_says_what_it_is(reader, table, area, role):
    services = Services(reader(area, role))
    answer = fetch(services, f"/export/overview.xlsx?area={area}&month={MONTH}&table={table}", purpose="report", reason="季度检查")
    assert answer.status_code == 200
    said = texts(answer)
    for part in ("模拟数据", "2026年10月", "数据时点", "李某（staff）", "季度检查"):
        assert part in said
    assert services.lines[0][0] == "export" and "季度检查" in services.lines[0][2]


def test_rows_behind_a_figure_are_all_there_and_masked(reader):
    w = reader()
    answer = fetch(Services(w),
        f"/export/caregivers.xlsx?area={DISTRICT}&month={MONTH}&table=rows&rows=caregiver_cert_rate&which=whole"
    )
    sheet = book(answer).worksheets[0]
    figure = w.figures(["caregiver_cert_rate"], DISTRICT, MONTH)["caregiver_cert_rate"]
    assert sheet.max_row - 3 == figure.whole
    titles = [c.value for c in sheet[3]]
    ids = [sheet.cell(n, titles.index("身份证号") + 1).value for n in range(4, sheet.max_row + 1)]
    assert all("*" in i for i in ids)
    assert w.indicator("caregiver_cert_rate").definition in texts(answer)


def test_more_rows_than_allowed_are_cut_and_it_is_said(reader):
    services = Services(reader(), rows=7)
    answer = fetch(services, "/export/caregivers.xlsx?table=rows&rows=caregivers")
    assert "只含前7行" in texts(answer)
    assert book(answer).worksheets[0].max_row == 4 + 7


def test_a_reader_without_the_permission_takes_nothing_out(reader, community):
    services = Services(reader(community, "steward"))
    client = server(services)
    assert client.get("/report.pdf").status_code == 404
    assert client.get("/export/providers.xlsx").status_code == 404
    assert services.lines == []


@pytest.mark.parametrize(
    "address",
    [
        "/report.exe",
        f"/report.pdf?area={DISTRICT}",
        "/report.pdf?area=330105001000",
        "/report.pdf?area=999",
        "/report.pdf?month=1999-01",
        "/report.pdf?month=' or 1=1",
        "/export/nothing.xlsx",
        "/export/providers.xlsx?table=accounts",
        f"/export/providers.xlsx?area={DISTRICT}",
        "/export/caregivers.xlsx?table=rows&rows=nothing",
        "/export/caregivers.xlsx?table=rows&rows=caregivers&which=all",
        "/export/caregivers.xlsx?table=rows&rows=caregivers&provider=P0001",
        "/export/subsidies.xlsx?table=streets&programme='--",
        "/export/overview.xlsx?table=ranking&code=%00",
    ],
)
def test_wrong_and_forbidden_addresses_are_alike(reader, address):
    services = Services(reader(STREET, "street"))
    answer = fetch(services, address)
    assert (answer.status_code, answer.get_data(as_text=True)) == (404, "没有找到")
    assert services.lines == []


def test_what_cannot_be_recorded_is_not_handed_out(reader):
    services = Services(reader())

    def broken(*_):
        raise OSError("disk full")

    services.audit = broken
    app = server(services)
    app.application.testing = False
    assert app.post("/export/providers.xlsx", data={"purpose": "meeting"}).status_code == 500


def cells(answer):
    """The table of a workbook: its heads and its rows."""
    rows = [list(r) for r in book(answer).worksheets[0].iter_rows(min_row=3, values_only=True)]
    return rows[0], rows[1:]


def test_the_excel_of_a_table_by_area_holds_the_figures_of_that_very_table(reader):
    w = reader()
    codes = ["elders_80", "execution_rate", "satisfaction"]
    heads, rows = cells(fetch(Services(w), f"/export/overview.xlsx?area={DISTRICT}&month={MONTH}&table=areas&code={','.join(codes)}"))
    assert heads[3:6] == [w.indicator(c).name for c in codes]
    many = w.by_child_many(codes, DISTRICT, MONTH)
    assert {r[1]: r[3] for r in rows} == {code: f["elders_80"].value for code, f in many.items()}


def test_listed_figures_leave_with_part_whole_definition_and_source(reader):
    w = reader()
    heads, rows = cells(fetch(Services(w), f"/export/indicators.xlsx?area={DISTRICT}&month={MONTH}&table=figures&code=caregiver_cert_rate,alarms"))
    figure = w.figures(["caregiver_cert_rate"], DISTRICT, MONTH)["caregiver_cert_rate"]
    first = dict(zip(heads, rows[0], strict=True))
    assert (first["分子"], first["分母"]) == (figure.part, figure.whole) and first["口径"] == w.indicator("caregiver_cert_rate").definition
    assert [r[heads.index("指标")] for r in rows] == [w.indicator("caregiver_cert_rate").name, w.indicator("alarms").name]


@pytest.mark.parametrize("code", ["nothing", "alarms,nothing", "", ",", "x" * 5000, ",".join(f"a{n}" for n in range(200))])
def test_figures_that_are_not_there_are_not_found(reader, code):
    assert fetch(Services(reader()), f"/export/indicators.xlsx?area={DISTRICT}&month={MONTH}&table=figures&code={code}").status_code == 404
