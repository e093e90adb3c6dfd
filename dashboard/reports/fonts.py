"""The fonts that PDF and charts are set in, and which characters they lack.

Shipped in ``assets/fonts`` (see its README). A character that no shipped and no system font has would be printed as an
empty box; it is replaced by 〓, the mark that Chinese typesetting uses for a missing character, and listed at the end of
the report.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTFont
from matplotlib import font_manager

FONTS = Path(__file__).parents[2] / "assets" / "fonts"
MISSING_MARK = "〓"

BODY = ("FangSong_GB2312", "仿宋_GB2312", "FangSong", "Yiguan Fang", "Yiguan Song", "Yiguan Song Ext")
TITLE = ("FZXiaoBiaoSong-B05S", "方正小标宋简体", "Yiguan Song", "Yiguan Song Ext")
SONG = ("Yiguan Song", "Yiguan Song Ext")
HEI = ("Yiguan Hei", "Yiguan Song", "Yiguan Song Ext")
KAI = ("KaiTi_GB2312", "楷体_GB2312", "Yiguan Kai", "Yiguan Song", "Yiguan Song Ext")
SYSTEM = (
    "Noto Serif CJK SC", "Noto Sans CJK SC", "SimSun-ExtB", "HanaMinA", "HanaMinB", "BabelStone Han", "Microsoft YaHei", "WenQuanYi Zen Hei",
    "Noto Sans",
)  # fmt: skip
"""What is tried last, where the machine has it."""

_lock = threading.Lock()
_registered = False


def files() -> list[Path]:
    """The shipped font files."""
    return sorted(p for p in FONTS.glob("*") if p.suffix in (".otf", ".ttf"))


@cache
def shipped_characters() -> frozenset[int]:
    """Code points that at least one shipped font has. Some 0.2 s once a process."""
    found: set[int] = set()
    for path in files():
        with TTFont(path, lazy=True) as font:
            found |= set(font.getBestCmap())
    return frozenset(found)


@cache
def system_characters() -> frozenset[int]:
    """Code points of the system fonts named in ``SYSTEM``, where there are any. Read only when a rare character turns up."""
    found: set[int] = set()
    for entry in font_manager.fontManager.ttflist:
        if entry.name in SYSTEM:
            try:
                with TTFont(entry.fname, fontNumber=entry.index, lazy=True) as font:
                    found |= set(font.getBestCmap() or ())
            except (OSError, ValueError):
                continue
    return frozenset(found)


def missing(texts: Iterable[str]) -> list[str]:
    """Characters (sorted) that neither a shipped nor a system font can print; line ends do not count."""
    used = {c for text in texts for c in text}
    unknown = {c for c in used if ord(c) not in shipped_characters() and c not in "\n\r\t"}
    if unknown:
        unknown = {c for c in unknown if ord(c) not in system_characters()}
    return sorted(unknown)


def known_families() -> frozenset[str]:
    """Families of the shipped and the system fonts; registers the shipped ones with matplotlib once."""
    global _registered
    with _lock:
        if not _registered:
            for path in files():
                font_manager.fontManager.addfont(path)
            _registered = True
    return frozenset(entry.name for entry in font_manager.fontManager.ttflist)


def families() -> list[str]:
    """The chain of families for charts."""
    known = known_families()
    return [name for name in (*HEI, *SYSTEM) if name in known]
