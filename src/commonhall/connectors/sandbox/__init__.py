"""The sandbox: a practice back office that speaks Open311 and webhooks."""
