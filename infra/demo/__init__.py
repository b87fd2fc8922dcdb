"""`make demo`: one export of real files, from an empty machine to a checked ZIP."""
