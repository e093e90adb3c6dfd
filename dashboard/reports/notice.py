"""The documents of a case as Word, in the layout of official documents: title, number, addressee, facts, grounds and rights, bureau and date.

A sentence with a blank in it never leaves the house: NoticeError names what is missing.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from dashboard.cases import machine
from dashboard.cases.calendar import Calendar
from dashboard.cases.course import Act, Done
from dashboard.cases.dossier import Dossier
from dashboard.cases.model import Paper
from dashboard.format import fmt_date, fmt_time
from dashboard.reports import word
from dashboard.reports.model import SYNTHETIC, Cell, Column, Table


class NoticeError(Exception):
    """A document cannot be written because something it must say is not known; the message names it in Chinese."""


@dataclass(frozen=True)
class Notice:
    """A document before it is printed. ``blocks``: paragraphs; a leading ``#`` makes a heading."""

    title: str
    addressee: str
    blocks: tuple[str, ...]
    table: Table | None = None
    receipt: bool = False


@dataclass(frozen=True)
class Writing:
    """What a document is written from: the case before the step, the step, the moment, and who issues it."""

    case: Dossier
    act: Act
    now: datetime
    bureau: str
    calendar: Calendar
    numbers: Mapping[str, str]

    def said(self, field: str, name: str) -> str:
        """What was written in a field of this step or an earlier one; NoticeError where nothing was."""
        return must(self.act.fields.get(field) or self.case.file.written(field), name)

    def number(self, kind: str, name: str) -> str:
        """The number of a document issued earlier in this case."""
        return must(self.numbers.get(kind, ""), name)

    def end(self, step: str) -> str:
        """The last day of the term that a later step waits for, or must keep, once this step is taken."""
        here, taken = self.case.file, self.act
        done = Done(taken.step, self.now, "", "", "", taken.fields)
        file = replace(here, done=(*here.done, done))
        later = here.version.step(step)
        for span in [*(later.waits if later else ()), *([later.until] if later and later.until else [])]:
            end = machine.end_of(span, file, self.calendar)
            if span.after == taken.step and end is not None:
                if end.missing:
                    raise NoticeError(f"{end.missing} 年的节假日安排尚未录入，无法写明期限")
                return fmt_time(end.at) if end.at.second != 59 else fmt_date(end.at.date())
        raise NoticeError(f"规定中没有“{step}”的期限，无法写明")

    def term(self, step: str) -> str:
        """How long the term is that a later step waits for or must keep once this step's paper is served: ``7日``; its end is not yet known."""
        later = self.case.file.version.step(step)
        for span in [*(later.waits if later else ()), *([later.until] if later and later.until else [])]:
            found = span.term or span.terms.get(self.act.fields.get(span.field or "", ""))
            if span.after == self.act.step and found:
                return found.text
        raise NoticeError(f"规定中没有“{step}”的期限，无法写明")

    @property
    def rule(self) -> str:
        """The procedure with the clause of this step."""
        step = self.case.file.version.step(self.act.step)
        return f"《{self.case.procedure.title}》{must(step.clause if step else '', '条款')}"


def must(text: str, name: str) -> str:
    """The text; NoticeError where it is blank."""
    if not text.strip():
        raise NoticeError(f"文书缺少“{name}”，请先填写")
    return text.strip()


def _rectify(w: Writing) -> Notice:
    return Notice("责令整改通知书", w.case.row.name, (
        "经查，你单位存在以下问题：", w.said("problems", "存在的问题"),
        f"依据{w.rule}，责令你单位按“{w.said('hazard', '整改类别')}”，自收到本通知书之日起{w.term('reinspect')}内完成整改。具体要求：", w.said("demands", "整改要求"),
        "整改期间应当保障老年人的安全和正常生活。整改完成后，请书面报告我局，我局将组织复查；逾期未整改或者复查不合格的，将约谈你单位负责人，并依规定程序处理。",
        "对本通知有异议的，可以向我局陈述、申辩。",
    ), receipt=True)  # fmt: skip


def _summon(w: Writing) -> Notice:
    day = fmt_date(w.said("held_on", "约谈日期"))
    return Notice("约谈通知书", w.case.row.name, (
        f"因{w.said('reason', '约谈事由').rstrip('。')}，依据{w.rule}，决定对你单位进行约谈。",
        f"时间：{day}。地点：{w.said('place', '约谈地点')}。",
        "请法定代表人或者主要负责人携带身份证明、整改情况的书面说明和有关材料按时参加。委托他人参加的，须提交授权委托书。",
    ), receipt=True)  # fmt: skip


def _exit_notice(w: Writing) -> Notice:
    return Notice("拟退出告知书", w.case.row.name, (
        f"我局对你单位立案（{w.case.row.number}）办理的退出事项，现已查明情况，拟作出退出决定。现将有关事实、理由、依据和你单位的权利告知如下：",
        "#事实", w.said("facts", "事实"),
        "#理由和依据", w.said("grounds", "理由与依据"), f"以上情况适用{w.rule}。",
        "#你单位的权利",
        f"你单位有权陈述、申辩，有权要求听证。要求听证的，应当在收到本告知书之日起{w.term('request_hearing')}内向我局提出；逾期未提出的，视为放弃要求听证的权利。",
        "我局将充分听取你单位的意见，对提出的事实、理由和证据进行复核，不因陈述、申辩、要求听证而加重处理。听取意见期间，你单位应当继续保障在院（在册）老年人的服务。",
    ), receipt=True)  # fmt: skip


def _hearing(w: Writing) -> Notice:
    return Notice("听证通知书", w.case.row.name, (
        f"你单位对《拟退出告知书》（{w.number('exit_notice', '拟退出告知书文号')}）提出的听证申请收悉。依据{w.rule}，决定举行听证。",
        f"时间：{fmt_date(w.said('held_on', '听证日期'))}。地点：{w.said('place', '听证地点')}。听证主持人：{w.said('host', '听证主持人')}。",
        "你单位可以亲自参加，也可以委托一至二人代理；认为主持人与本案有直接利害关系的，有权申请回避。无正当理由拒不出席或者中途退出的，视为放弃听证权利。",
        "请携带营业执照（登记证书）副本、身份证明、授权委托书和证据材料按时参加。听证公开举行，涉及国家秘密、商业秘密或者个人隐私的除外。",
    ), receipt=True)  # fmt: skip


def _decision(w: Writing) -> Notice:
    leaves = w.said("result", "决定") == "退出"
    title, tracked = "退出决定书" if leaves else "不予退出决定书", w.case.file.version.tracked
    followed = f"，并在{tracked.months}个月内跟踪是否再次违规" if tracked else ""
    decided = (
        f"经集体审议，依据{w.rule}，决定你单位退出养老服务供给，停止接收新的服务对象。你单位应当配合做好在院（在册）老年人的安置、预收费用退还和补贴清算，安置完成以前不得停止服务。"
        if leaves else f"经集体审议，依据{w.rule}，决定不予退出，恢复正常监管{followed}。"
    )  # fmt: skip
    return Notice(title, w.case.row.name, (
        f"我局于{fmt_date(_when(w, 'open'))}对你单位立案（{w.case.row.number}），于{fmt_date(_served(w, 'notify'))}送达《拟退出告知书》"
        f"（{w.number('exit_notice', '拟退出告知书文号')}），听取了你单位的意见。",
        "#查明的事实", w.said("facts", "事实"),
        "#听取意见的情况", _heard(w),
        "#决定", w.said("reason", "决定理由"), decided,
        _in_time(w), "不服本决定的，可以自收到本决定书之日起60日内依法申请行政复议，或者在6个月内向人民法院提起行政诉讼。",
    ), receipt=True)  # fmt: skip


def _heard(w: Writing) -> str:
    done = w.case.file.last("hold_hearing") or w.case.file.last("close_defence")
    return must(done.fields.get("opinion", "") if done else "", "复核（听证）意见")


def _when(w: Writing, step: str) -> datetime:
    done = w.case.file.last(step)
    if done is None:
        raise NoticeError("案件缺少此前步骤的日期")
    return done.at


def _served(w: Writing, step: str) -> datetime:
    """When the paper of a step was served; of a case that went on without that on file, when it was made."""
    file = w.case.file
    at = next((n for n in range(len(file.done) - 1, -1, -1) if file.done[n].step == step), None)
    return (machine.served_at(file, at) if at is not None else None) or _when(w, step)


def _in_time(w: Writing) -> str:
    """Within which term the decision is made, and whether it was made longer."""
    until = w.act and (step := w.case.file.version.step(w.act.step)) and step.until
    if not until or not until.term:
        raise NoticeError("规定中没有决定期限，无法写明")
    end = machine.end_of(until, w.case.file, w.calendar)
    last = f"，至{fmt_date(end.at.date())}止" if end and not end.missing else ""  # a guess is not written
    begun = _when(w, until.after)
    longer = next((d for d in w.case.file.done if until.extended and d.step == until.extended.step and d.at >= begun), None)
    said = f"（经{fmt_date(longer.at.date())}批准延长{until.extended.days}日）" if longer and until.extended else ""
    return f"本案于{fmt_date(begun.date())}提出处理建议，决定期限为{until.term.text}{said}{last}。"


def _resettle(w: Writing) -> Notice:
    elders = w.case.elders
    if not elders:
        raise NoticeError("安置名单为空，请先登记每位有关老年人的安置去向")
    sixty = "养老机构须提前60日书面告知老年人及其代理人，预告期满以前不得停止服务。" if w.case.row.kind == "养老机构" else ""
    rows = tuple(
        (Cell(str(n)), Cell(must(e.elder_name, "老年人姓名")), Cell(e.provider_name or e.status), Cell(_metres(e.distance_m)),
         Cell(e.price_difference or "待核"), Cell(e.status))
        for n, e in enumerate(elders, start=1)
    )  # fmt: skip
    columns = (Column("序号", 0.6), Column("老年人", 1), Column("接收单位", 2.4), Column("距离", 1, "number"), Column("月差价（元）", 1.1, "number"),
               Column("状态", 0.9))  # fmt: skip
    return Notice("安置方案", w.case.row.name, (
        f"根据《退出决定书》（{w.number('exit_decision', '退出决定书文号')}），依据{w.rule}，现公布有关老年人安置方案，涉及老年人{len(elders)}人，逐人安排见附表。",
        f"{sixty}安置遵循就近、照护等级相当、费用不增加的原则，充分听取老年人及其代理人意见，本人另有选择的从其选择。",
        f"联系人及电话：{w.said('contact', '安置联系人及电话')}。",
    ), Table("elders", "老年人安置安排", columns, rows), receipt=True)  # fmt: skip


def _metres(distance: int | None) -> str:
    return "待核" if distance is None else f"{distance:,}米"


def _closing(w: Writing) -> Notice:
    return Notice("注销公告", "有关单位和公众", (
        f"{w.case.row.name}因{w.number('exit_decision', '退出决定书文号')}决定退出养老服务供给，安置和清算已经完成。依据{w.rule}，自公告之日起将其移出养老服务单位名录。",
        "有关债权债务和未了事项，可以自公告之日起30日内向我局反映。",
    ))  # fmt: skip


def _correct(w: Writing) -> Notice:
    return Notice("补正告知书", w.case.row.name, (
        f"你单位提出的准入申请（{w.case.row.number}）收悉。经审查，申请材料不齐全或者不符合要求。依据{w.rule}，现一次告知需要补正的全部内容：",
        w.said("lacking", "需补正的材料"), f"请在收到本告知书之日起{w.term('lapse')}内补正；逾期不补正的，按撤回申请处理。",
    ), receipt=True)  # fmt: skip


def _approve(w: Writing) -> Notice:
    result = w.said("result", "决定")
    title = "准予准入决定书" if result == "准予准入" else "不予准入决定书"
    rest = "本决定在公示期满、无异议后登记入库。" if result == "准予准入" else "不服本决定的，可以自收到之日起60日内依法申请行政复议，或者在6个月内向人民法院提起行政诉讼。"
    return Notice(title, w.case.row.name, (
        f"你单位提出的准入申请（{w.case.row.number}），经材料审查和现场核查：{w.said('found', '现场核查情况').rstrip('。')}。",
        f"{w.said('reason', '决定理由').rstrip('。')}。依据{w.rule}，决定{result}。", rest,
    ), receipt=True)  # fmt: skip


def _publish(w: Writing) -> Notice:
    return Notice("准入公示", "有关单位和公众", (
        f"经审查，拟准予{w.case.row.name}（{w.case.row.kind}，统一社会信用代码{w.said('credit_code', '统一社会信用代码')}）准入。依据{w.rule}，现予公示，"
        f"公示期至{w.end('register')}。",
        f"对公示内容有异议的，请在公示期内以书面或者电话方式向我局反映。联系方式：{w.said('contact', '异议受理电话')}。",
    ))  # fmt: skip


NOTICES: Mapping[str, Callable[[Writing], Notice]] = {
    "rectification_order": _rectify, "interview_notice": _summon, "exit_notice": _exit_notice, "hearing_notice": _hearing,
    "exit_decision": _decision, "resettlement_plan": _resettle, "closing_notice": _closing, "correction_notice": _correct,
    "approval": _approve, "public_notice": _publish,
}  # fmt: skip
"""Kind of document → what it says. A procedure's documents that are ``made`` must be here."""


def compose(paper: Paper, writing: Writing) -> Notice:
    """What a document says. NoticeError where something it must say is not known."""
    if paper.document not in NOTICES:
        raise NoticeError(f"没有“{paper.name}”的文书格式，请联系系统管理员")
    return NOTICES[paper.document](writing)


LAST_LINES = 2
"""So many paragraphs of the body go to the next page with the signature."""


def render(notice: Notice, number: str, bureau: str, now: datetime, synthetic: bool) -> bytes:
    """The bytes of a .docx."""
    document = Document()
    mark = f"【{SYNTHETIC}】" if synthetic else ""
    word.lay_page(document, f"{bureau}{notice.title}　{number}{mark}", number)
    word.lay_styles(document)
    for text, font, size, align in (
        (bureau, word.TITLE, word.SIZE_2, WD_ALIGN_PARAGRAPH.CENTER), (notice.title, word.TITLE, word.SIZE_2, WD_ALIGN_PARAGRAPH.CENTER),
        (number, word.FANG, word.SIZE_3, WD_ALIGN_PARAGRAPH.CENTER),
    ):  # fmt: skip
        paragraph = document.add_paragraph()
        paragraph.alignment = align
        paragraph.paragraph_format.line_spacing = Pt(34)
        word.put_run(paragraph, text, font, size)
    document.add_paragraph()
    word.put_run(document.add_paragraph(), f"{notice.addressee}：", word.FANG)
    headings = 0
    for block in notice.blocks:
        if block.startswith("#"):
            headings += 1
            word.put_line(document, f"{'一二三四五六'[headings - 1]}、{block[1:]}", word.HEI, keep=True)
            continue
        for line in block.splitlines():
            if line.strip():
                word.put_line(document, line.strip(), word.FANG)
    if notice.table:
        word.put_table(document, notice.table)
    document.add_paragraph()
    for last in document.paragraphs[-1 - LAST_LINES :]:
        last.paragraph_format.keep_with_next = True  # a signature never stands alone on a page
    for text in (bureau, fmt_date(now.date())):
        paragraph = document.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        paragraph.paragraph_format.right_indent = word.SIZE_3 * 2
        paragraph.paragraph_format.keep_with_next = text == bureau
        word.put_run(paragraph, text, word.FANG)
    if notice.receipt:
        word.put_line(document, "（本文书一式两份，一份送达，一份存卷。送达情况见送达回证。）", word.KAI)
    properties = document.core_properties
    properties.title, properties.author, properties.last_modified_by = notice.title, bureau, bureau
    properties.subject, properties.keywords, properties.comments = number, SYNTHETIC if synthetic else "", ""
    properties.created = properties.modified = now
    word.name_substitutes(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
