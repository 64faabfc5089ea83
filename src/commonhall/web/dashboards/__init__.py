"""What the three front rooms show of the measures: spans, figures with their definitions, charts; kept small for all."""
