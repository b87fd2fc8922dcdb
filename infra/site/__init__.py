"""The documentation's site: how it is built, and the pages that are generated for it."""
