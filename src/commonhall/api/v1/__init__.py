"""The journey API and the case API, on each council's own host under `/api/v1`. README.md says what is served."""
