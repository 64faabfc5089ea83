"""Simulated people and back offices, through the real use cases: for the demonstration and for tests of load."""
