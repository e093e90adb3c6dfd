"""A region folder with the small policies, and with the shipped ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.policy.small_policies import EXIT, RATING
from tests.policy.worlds import Folder

SHIPPED = Path(__file__).resolve().parents[2] / "data" / "regions" / "gongshu"


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    folder = tmp_path_factory.mktemp("region")
    (folder / "policies").mkdir()
    (folder / "policies" / "rating.yaml").write_text(RATING, encoding="utf-8")
    (folder / "policies" / "exit.yaml").write_text(EXIT, encoding="utf-8")
    return Folder(folder)


@pytest.fixture(scope="session")
def shipped() -> Folder:
    return Folder(SHIPPED)
