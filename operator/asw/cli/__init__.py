"""The command line: verbs, what they print, and in which words. No business rules."""
