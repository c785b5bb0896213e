"""Objects as kubectl shows them: what was asked for, formats, tables, and how they are printed."""
