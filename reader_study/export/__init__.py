"""Files that leave a study: plain rows in, bytes out, and readers that get the rows back."""
