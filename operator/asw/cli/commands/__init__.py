"""One module for each verb, imported when it is called: arguments, help, and what the verb does."""
