"""The Performance Platform's interface: figures sent, and read again by period and group."""
