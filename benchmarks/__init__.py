"""Honest measurement: this platform, its peers and the machine's limit, in one run."""
