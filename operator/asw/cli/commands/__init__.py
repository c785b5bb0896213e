"""One module a verb: arguments, help and examples; what a verb needs is imported when it runs."""
