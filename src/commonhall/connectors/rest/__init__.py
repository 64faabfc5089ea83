"""Back offices with an HTTP interface of their own: what is sent and read is a mapping."""
