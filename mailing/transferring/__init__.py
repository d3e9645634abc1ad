"""Subscribers from other services, and to them: CSV files."""
