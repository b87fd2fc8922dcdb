"""HTTP: parsing, problems, headers, and what each route answers."""
