"""Simulators of products that speak SOAP, made from public facts, each behind a small WSDL of our own in the product's shapes.

They are not the products, and whoever sets a connector up against the real one tries it there.
"""
