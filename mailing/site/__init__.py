"""Readers' pages of mail: subscribing, leaving, their own page."""
