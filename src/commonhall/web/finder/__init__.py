"""The finder: the public front door that leads people to their own council."""
