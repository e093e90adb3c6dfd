"""Inspections as officials plan them: inspectors, the monthly draw from plan to result, repair of credit. Kept in the ledger."""
