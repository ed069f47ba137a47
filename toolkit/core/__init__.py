"""Floor 1: errors, problems, the column glossary, Estimates, ledger and provenance."""
