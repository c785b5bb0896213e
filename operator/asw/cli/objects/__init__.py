"""Objects as kubectl shows them: tables, JSON, YAML, names, templates. Pure."""
