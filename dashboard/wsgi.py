"""The entry point of WSGI servers: ``gunicorn dashboard.wsgi:server --config python:dashboard.gunicorn_conf``."""

from __future__ import annotations

import sys

from dashboard.access.passwords import AccountError
from dashboard.app import create_app
from dashboard.ledger import LedgerError
from dashboard.settings import SettingsError
from etl.region import RegionError

try:
    app = create_app()
except (SettingsError, RegionError, LedgerError, AccountError) as error:
    # One line that says what to do, not a traceback; 4 tells gunicorn not to try again.
    sys.stderr.write(f"{error}\n")
    sys.exit(4)
server = app.server
