"""The data-flow check: what can be told of a definition's runs without running it.

From the definition and what is known of its input and of the results of its tasks. Pure; knows
nothing of files and commands. ``shapes`` is the vocabulary, ``walk`` finds what may enter each
state, ``check`` says what is wrong.
"""
