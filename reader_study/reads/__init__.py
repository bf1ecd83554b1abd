"""The reads of a study as rows and as the table that the analysis takes."""
