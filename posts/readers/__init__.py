"""Pages on which readers take part, and the endpoint with which staff collect links."""
