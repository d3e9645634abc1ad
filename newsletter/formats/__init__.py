"""How staff read dates and times, in one module for each language: the day as on the public site,
24 hours, and the zone with every time. Django finds them by FORMAT_MODULE_PATH."""
