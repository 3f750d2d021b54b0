"""How dates are written in English: months in full, as a paper does."""

DATE_FORMAT = "j F Y"
