"""Agreement between readers and of readers with themselves."""
