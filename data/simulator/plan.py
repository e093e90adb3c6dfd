"""The plan's 26 tasks as the appraisal office keeps them: subject, lead and cooperating departments, what is to be reached.

From the district's reform plan; ``*n`` among departments stands for the first n streets, ``*`` for all of them.
"""

from __future__ import annotations

from typing import NamedTuple


class PlanTask(NamedTuple):
    """One task; departments are comma-joined."""

    name: str
    key: bool
    lead: str
    support: str
    goal: str


TASKS = (
    PlanTask("建立社会化、专业化运行机制", True, "区民政局", "*", "社会力量运营的照料中心达到 40 家"),
    PlanTask("培育健康养老产业集群", False, "区发改局,区民政局,康桥", "", "建成健康产业园 1 个"),
    PlanTask("建设街道级居家养老照料中心", True, "区民政局,*8", "", "80% 的街道建成街道级照料中心"),
    PlanTask("建设五星级照料中心", False, "区民政局,*6", "", "新增五星级照料中心 5 家"),
    PlanTask("推行养老机构综合保险", False, "区民政局", "*", "服务单位综合保险全覆盖"),
    PlanTask("发展嵌入式微型机构", True, "区民政局,米市巷,拱宸桥,和睦", "区消防救援大队", "建成嵌入式微型机构 5 家"),
    PlanTask("增加养老床位与护理型床位", False, "区民政局", "*", "每千名老年人拥有床位 50 张，护理型占机构床位 70%"),
    PlanTask("公办养老机构公开轮候", False, "区民政局", "祥符", "轮候名单按月公开"),
    PlanTask("培养和激励护理人才", False, "区总工会,区人力社保局,区民政局", "区财政局,*", "护理员持证率 95%"),
    PlanTask("推进医养结合", True, "区民政局,区卫计局", "区发改局,区人力社保局,*", "有医疗康复功能的照料中心 30 家"),
    PlanTask("培育社会组织与服务品牌", True, "区老龄委,区民政局", "*", "连锁品牌社会组织 3 家"),
    PlanTask("完善老年用餐服务", True, "区民政局", "区市场监管局,*", "有证老年食堂按实际用餐补助"),
    PlanTask("建设智慧养老", True, "区民政局,上塘,米市巷,湖墅", "*", "建成智慧养老社区 2 个"),
    PlanTask("关爱特殊老年群体", False, "区老龄委,区财政局,区民政局", "*", "80 至 89 岁津贴全覆盖"),
    PlanTask("丰富老年文化教育", False, "区老龄委,区文广新局", "*", "各街道每年开展活动"),
    PlanTask("办好老年大学", False, "区老龄委", "", "老年大学面积 5500 平方米"),
    PlanTask("建设桃源新区养老综合中心", False, "区民政局,区城建中心,半山", "", "主体完工并交付"),
    PlanTask("弘扬敬老爱老风尚", False, "团区委,区老龄委,区财政局,区住建局", "*", "改造老旧小区 10 个"),
    PlanTask("发展为老志愿服务", False, "团区委", "", "志愿服务定期化"),
    PlanTask("健全领导小组", False, "区民政局", "", "领导小组按季议事"),
    PlanTask("组建攻坚小组", False, "区发改局,区人力社保局,区民政局,区卫计局", "", "5 个攻坚小组按月推进"),
    PlanTask("落实资金保障", False, "区财政局,区民政局", "*", "福彩公益金 50% 以上用于养老"),
    PlanTask("配齐三级专职队伍", False, "区编委办,区财政局,区民政局,*", "区人力社保局", "区指导中心增编 2 名，街道按老龄化率配备"),
    PlanTask("配备社区专职人员", False, "区编委办,区财政局,区民政局", "*", "购买服务对象 100 名以上的社区各 1 名"),
    PlanTask("加强监督考核", False, "区考评办,区民政局", "", "月报、例会、年度考评"),
    PlanTask("做好宣传引导", False, "区委宣传部", "区民政局", "每季专题宣传"),
)


def departments(listed: str, streets: list[str], shorts: list[str]) -> list[str]:
    """The names of the departments listed, streets in full; a street that the region does not have is left out."""
    full = dict(zip(shorts, streets, strict=True))
    out: list[str] = []
    for word in filter(None, listed.split(",")):
        if word.startswith("*"):
            out += streets[: int(word[1:] or len(streets))]
        elif word[0] in "区团":
            out.append(word)
        elif word in full:
            out.append(full[word])
    return list(dict.fromkeys(out))
