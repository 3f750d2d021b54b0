"""The database backend of the site, and the PostgreSQL it can bring along itself."""
