"""Open data: each month's measures as CSV and Parquet, quarters for the Transactions Explorer, and their data package."""
