"""The command line ``yiguan``."""

from dashboard.cli.main import main

__all__ = ["main"]
