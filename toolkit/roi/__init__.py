"""Floor 5: what hosting cost and returned, with its uncertainty."""
