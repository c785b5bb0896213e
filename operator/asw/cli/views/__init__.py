"""How executions, definitions and findings look: lines, tables, pictures. Pure."""
