"""Commonhall: council transactions, built once and shared."""
