"""One search over stories and comments."""
