"""Findings in the formats that programs read: pure, a text from a list of findings each."""
