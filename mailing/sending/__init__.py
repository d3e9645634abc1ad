"""Mailings on their way: planning, the ledger, slices, the server, limits."""
