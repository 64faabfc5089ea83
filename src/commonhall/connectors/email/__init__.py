"""Back offices that read mail: a message for each case, and the ones that come back."""
