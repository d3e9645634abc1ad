"""Django's backend of PostgreSQL, where what each page asks for takes less."""
