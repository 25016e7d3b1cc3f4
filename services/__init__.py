"""The five services; each is one package, one process and one PostgreSQL schema."""
