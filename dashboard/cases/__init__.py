"""Admission and exit as cases: what may happen next, by whom, with which document, from when and until when.

``calendar``, ``model``, ``procedure`` and ``machine`` are pure: no clock, no files, no database. ``store`` keeps cases in the ledger.
"""
