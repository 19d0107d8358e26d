"""Expression readers: from words to the look of whoever says them."""
