"""What staff want to know about links: where they stand, what is around them, how they fare."""
