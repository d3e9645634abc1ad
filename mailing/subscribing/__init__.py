"""Asking for mail, confirming, leaving, changing: each writes what was said."""
