"""Which automatic metric says what radiologists say."""
