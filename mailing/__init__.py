"""Delivery: who gets issues by mail, what of them and how often, and sending it to them."""
