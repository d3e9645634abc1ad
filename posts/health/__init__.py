"""How links fare: counted for the staff, drawn as plots, given out as tables."""
