"""Back offices that come for their cases by the case API."""
