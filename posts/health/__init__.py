"""How links fare: counted for the staff, drawn as plots, given out as tables.

Others draw and tabulate their numbers by it, too.
"""

from posts.health import plotting
from posts.health.panels import Panel, words_of
from posts.health.plotting import Series, Words
from posts.health.tabulating import csv_lines, harmless
