"""What is drawn of executions and definitions: pictures, tables, views that move."""
