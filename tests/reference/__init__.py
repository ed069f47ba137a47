"""Comparison of the statistics with reference values of other software, value by value."""
