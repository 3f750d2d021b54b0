"""Citing what stands here, for people and for the programs that read for them."""
