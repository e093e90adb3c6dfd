"""The audit of the lock files finds what it is there to find."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from etl.paths import ROOT

HASH = f"--hash=sha256:{'0f' * 32}"


@pytest.fixture(scope="module")
def audit() -> ModuleType:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "tools" / "audit.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_shipped_locks_are_clean(audit: ModuleType) -> None:
    for lock in audit.LOCKS:
        text = lock.read_text(encoding="utf-8")
        assert text.count("==") > 30 and list(audit.findings(text)) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("flask>=3.1", "not a pinned"),
        ("git+https://example.org/x.git", "not a pinned"),
        ("--index-url https://elsewhere.example", "not a pinned"),
        ("flask==3.1.2", "SHA-256"),
        (f"flask==3.1.2 {HASH} --no-verify", "besides"),
        (f"flask==3.1.2 --hash=md5:{'0f' * 16}", "SHA-256"),
        (f"Werkzeug==3.0.1 \\\n    {HASH}", "CVE-2024-49767"),
    ],
)
def test_what_does_not_belong_in_a_lock_is_named(audit: ModuleType, line: str, said: str) -> None:
    (found,) = audit.findings(f"# remark\n{line}\n")
    assert said in found


def test_a_good_line_passes_with_marker_and_several_hashes(audit: ModuleType) -> None:
    assert list(audit.findings(f"colorama==0.4.6 ; sys_platform == 'win32' \\\n    {HASH} \\\n    {HASH}\n")) == []
