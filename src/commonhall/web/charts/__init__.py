"""Charts: what a picture shows, its figures beside it, and how it is drawn and served. Knows no council."""
