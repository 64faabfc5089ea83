"""Thousands of changed services, and a judge of what each change does that knows none of the rules."""
