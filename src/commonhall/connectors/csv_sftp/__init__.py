"""Back offices that load files: a CSV for each case over SFTP, acknowledgements back."""
