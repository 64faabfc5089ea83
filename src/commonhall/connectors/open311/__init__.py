"""Open311 GeoReport v2, as a client: cases out by POST, progress back by polling."""
