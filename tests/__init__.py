"""The tests, and the comparison with reference values: python -m tests.reference FOLDER."""
