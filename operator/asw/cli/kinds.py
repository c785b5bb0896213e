"""Words for kinds of objects, as kubectl takes them. Must not know options, nor who asks."""

from typing import Final

KINDS: Final = {
    word: kind
    for kind, words in {
        "Execution": ("executions", "execution", "exe"),
        "Workflow": ("workflows", "workflow", "wf"),
        "Function": ("functions", "function", "fn"),
    }.items()
    for word in (*words, f"{words[0]}.asw.dev", f"{words[1]}.asw.dev")
}
"""Each word, and the kind that it stands for."""
