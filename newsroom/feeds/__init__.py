"""Following the archive: feeds in Atom with its threading, and in JSON Feed."""
