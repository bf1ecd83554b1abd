"""What an unsealed study shows: analysed once, kept, narrowed, set beside what machines say."""
