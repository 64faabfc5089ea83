"""Simulators of products, made from public facts: what their interfaces take and answer, and nothing of what they do.

They are not the products, and whoever sets a connector up against the real one tries it there.
"""
