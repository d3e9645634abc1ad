"""Telling staff by mail what waits for them: what can be told of, and who wants to know."""
