"""A process that makes Arrow's arrays does not load pandas for it."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from etl.light import without_pandas
without_pandas()
import pyarrow as pa
column = pa.array(["a", None])
assert "pandas" not in sys.modules, "loaded without need"
import pandas as pd
assert pa.table({"c": column}).to_pandas()["c"].isna().tolist() == [False, True]
assert pd.Series([1, 2]).sum() == 3
"""


def test_arrays_are_made_without_pandas_and_pandas_is_there_for_whoever_asks() -> None:
    subprocess.run([sys.executable, "-c", SCRIPT], check=True)
