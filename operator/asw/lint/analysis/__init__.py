"""The data-flow check: what can be said about a definition's runs without running it.

It uses the definition and what is known of its input and of the results of its Tasks. Pure; knows
no files and no commands. ``shapes`` is the vocabulary, ``walk`` finds what may enter each state,
``check`` says what is wrong.
"""
