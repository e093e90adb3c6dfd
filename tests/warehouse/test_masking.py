"""What remains of personal data when it is masked (脱敏)."""

from __future__ import annotations

import pytest

from dashboard.warehouse.masking import mask


@pytest.mark.parametrize(
    ("privacy", "value", "shown"),
    [
        ("name", "张小明", "张*明"),
        ("name", "张明", "张*"),
        ("name", "欧阳娜娜", "欧**娜"),
        ("name", "𠮷小明", "𠮷*明"),
        ("name", "阿", "*"),
        ("id", "330105193801011234", "330105********1234"),
        ("id", "33010519380101123", "330105*******1123"),
        ("id", "330105380101123", "330105*****1123"),
        ("id", "12", "****"),
        ("phone", "13800001234", "138****1234"),
        ("phone", "057188001234", "057****1234"),
        ("phone", "110", "****"),
        ("address", "拱墅区小河路12号3幢", "拱墅区小河路***"),
        ("address", "小河新村", "小河新村***"),
        ("account", "0123456789abcdef", "0123…"),
        ("never heard of", "secret", "***"),
        ("", "open", "open"),
        ("name", None, None),
        ("name", "", ""),
    ],
)
def test_mask(privacy: str, value: str | None, shown: str | None) -> None:
    assert mask(value, privacy) == shown


def test_a_right_unmasks_only_its_own_class() -> None:
    assert mask("张小明", "name", frozenset({"name"})) == "张小明"
    assert mask("330105193801011234", "id", frozenset({"name"})) == "330105********1234"
