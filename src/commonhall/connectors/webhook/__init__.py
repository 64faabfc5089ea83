"""Webhooks out and in: Standard Webhooks signatures around CloudEvents."""
