"""Forms of other systems, brought in as the draft of a package."""
