"""Makes the shipped fonts of assets/fonts from Debian's font packages: ``python -m dashboard.reports.build_fonts [ROOT]``.

Each is a subset (GB2312, common punctuation and symbols, frequent rarer characters of names, everything in the region folders)
of an open font, renamed, since two of the licences reserve the original names.  Needs the packages fonts-noto-cjk,
fonts-lxgw-wenkai and texlive-lang-chinese unpacked under ROOT (default ``/``).  Not used at run time.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

HERE = Path(__file__).parents[2]
TARGET = HERE / "assets" / "fonts"
NOTO = "usr/share/fonts/opentype/noto/"
FANDOL = "usr/share/texlive/texmf-dist/fonts/opentype/public/fandol/"

# Beyond GB2312, yet frequent in the names of people, providers and places of today.
NAME_CHARACTERS = (
    "堃喆昇玥镕赟琎婳昊煊炘炜烨焜堉垚犇骉鑫淼焱森晶珺珏珮琇琍瑀瑄瑢璟璠璐玟玘玮玹珅珈珩珣珧琤琬琯瑨瑭璈璘祎祉祐祺禛禩稞竑竣筠筱"
    "翀翊翃翙翚臧芃芊芮苒菡菲萱葳蓁蓓蔚蕙薇蘅覃觐訢詹谌邰郅郦鄢酆钏钤钰铉铎铖铠锃锜镡闳阗隽雎雯雱霁霂霈霏靓頫颀颢飏馥骁骅骞鹍鹏麒黛"
    "俶倓偲僖凃勐勖卲厍叕啟嗣垕埔堽塆夔妤姝婕婷嫄嫚嬛孖寯峣嵘嶙巘庥弢彧恺悫懋旸旻昉昙昱晖晗晟暐暕曈朕杲栻桢梓棻楠榕槿樊欤毓沅沚泓洺浔浠涵淏淇湜滢滪漪澍濛瀚灏炅焘煜熠熹燊犟甪皓睿砼笪箬纾绮缦翾"
)
EXTRA = (
    "—–‘’“”…·•×÷±≥≤≠≈‰℃℉㎡㎞㎎㎏①②③④⑤⑥⑦⑧⑨⑩●◐○▲△▼▽◆◇■□★☆※"
    "〓〔〕【】《》〈〉「」『』←↑→↓↗↘✓✗¥￥©®°§¶½¼¾㈠㈡㈢〇\u3000\u00a0\u2002\u2003\u2011\u2212"
)

# The unified ideographs, extension A, and extensions B to H: of these the source has nearly all that the table of general standard characters (2013) lists.
IDEOGRAPHS = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x323B0))


@dataclass(frozen=True)
class Face:
    """One shipped font: its file, its family name here, where it comes from (``index`` by family name within a collection)."""

    file: str
    family: str
    style: str
    source: str
    within: str = ""
    rest: bool = False
    """Holds what the others lack: the ideographs outside the common set that the source has, as the last resort for rare characters."""


FACES = (
    Face("YiguanSong-Regular.otf", "Yiguan Song", "Regular", NOTO + "NotoSerifCJK-Regular.ttc", "Noto Serif CJK SC"),
    Face("YiguanSong-Bold.otf", "Yiguan Song", "Bold", NOTO + "NotoSerifCJK-Bold.ttc", "Noto Serif CJK SC"),
    Face(
        "YiguanSongExt-Regular.otf",
        "Yiguan Song Ext",
        "Regular",
        NOTO + "NotoSerifCJK-Regular.ttc",
        "Noto Serif CJK SC",
        rest=True,
    ),
    Face("YiguanHei-Regular.otf", "Yiguan Hei", "Regular", NOTO + "NotoSansCJK-Regular.ttc", "Noto Sans CJK SC"),
    Face("YiguanKai-Regular.ttf", "Yiguan Kai", "Regular", "usr/share/fonts/truetype/lxgw-wenkai/LXGWWenKai-Regular.ttf"),
    Face("YiguanFang-Regular.otf", "Yiguan Fang", "Regular", FANDOL + "FandolFang-Regular.otf"),
)


def characters() -> str:
    """All characters that the subsets shall hold, sorted."""
    wanted = {chr(c) for c in range(0x20, 0x7F)} | {chr(c) for c in range(0xA0, 0x100)} | set(NAME_CHARACTERS) | set(EXTRA)
    for high in range(0xA1, 0xF8):
        for low in range(0xA1, 0xFF):
            wanted |= set(bytes([high, low]).decode("gb2312", "ignore"))
    wanted |= {chr(c) for c in range(0xFF01, 0xFF5F)}
    for path in (HERE / "data" / "regions").glob("*/*.*"):
        if path.suffix in (".csv", ".yaml"):
            wanted |= {c for c in path.read_text(encoding="utf-8-sig") if ord(c) > 0x7F}
    return "".join(sorted(wanted))


def _open(path: Path, within: str) -> TTFont:
    if path.suffix != ".ttc":
        return TTFont(path)
    for font in TTCollection(str(path)).fonts:
        if font["name"].getDebugName(1) == within:
            return font
    raise SystemExit(f"{path}: no face {within}")


def _rename(font: Any, face: Face) -> None:
    names = font["name"]
    copyright_ = names.getDebugName(0) or ""
    names.names = []
    full = face.family if face.style == "Regular" else f"{face.family} {face.style}"
    values = {0: copyright_, 1: face.family, 2: face.style, 3: f"{full}; subset", 4: full, 6: face.file.partition(".")[0]}
    for name_id, value in values.items():
        names.setName(value, name_id, 3, 1, 0x409)
    if "CFF " in font:
        top = font["CFF "].cff
        top.fontNames = [values[6]]
        top.topDictIndex[0].FullName, top.topDictIndex[0].FamilyName = full, face.family


def build(root: Path) -> None:
    """Write every face; say its size and what the source lacks."""
    common = characters()
    rest = "".join(c for block in IDEOGRAPHS for c in map(chr, block) if c not in set(common))
    for face in FACES:
        text = rest if face.rest else common
        font = _open(root / face.source, face.within)
        absent = [c for c in text if ord(c) not in font.getBestCmap()]
        options = subset.Options(
            hinting=False,
            layout_features=["kern", "ccmp", "mark", "mkmk"],
            notdef_outline=True,
            name_IDs=["*"],
            recalc_timestamp=False,
            drop_tables=[*subset.Options._drop_tables_default, "vhea", "vmtx", "VORG", "BASE", "DSIG"],
        )
        worker = subset.Subsetter(options)
        worker.populate(text=text)
        worker.subset(font)
        _rename(font, face)
        path = TARGET / face.file
        font.save(path)
        size, held = path.stat().st_size / 1e6, len(font.getBestCmap())
        sys.stdout.write(f"{face.file}: {size:.2f} MB, {held} characters, {len(absent)} absent in the source\n")


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "/"))
