"""Leaves out what a process would load without using it."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec


class _NoPandas:
    """A finder by which pandas is not there."""

    @staticmethod
    def find_spec(name: str, *_: object) -> ModuleSpec | None:
        """ImportError for pandas; every other module is somebody else's to find."""
        if name == "pandas":
            raise ImportError(name)
        return None


def without_pandas() -> None:
    """Have Arrow make arrays without loading pandas first, which takes a process half a second; a conversion to pandas still works.

    Arrow looks once in a process whether pandas is installed, in order to know a Series when it is given one. Nobody here gives it one.
    """
    if "pandas" in sys.modules:
        return
    sys.meta_path.insert(0, _NoPandas)
    try:
        import pyarrow as pa

        pa.array([0])
    finally:
        sys.meta_path.remove(_NoPandas)
