"""Numbers as Mexico writes them, ``1,234.5``: Django's ``es`` writes them as Spain does."""

DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
