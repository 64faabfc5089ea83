"""Open311 GeoReport v2 as a server, on each council's own host. README.md says what is served."""
