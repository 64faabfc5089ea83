"""Editing a service's files without disturbing what is not edited."""
