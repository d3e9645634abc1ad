"""What stands around the week of a site: its clock, its office and the people in it."""
