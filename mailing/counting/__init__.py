"""Numbers without persons: growth, mailings, readers of feeds."""
