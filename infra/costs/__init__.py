"""What a month of a stack costs: one model, for Python and for the calculator of the docs."""
