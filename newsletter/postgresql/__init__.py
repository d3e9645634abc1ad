"""Django's backend of PostgreSQL, where two things that each page did took less."""
