"""Why an execution failed, or what it waits for: from everything known of it to an explanation.

Pure but for ``gather``, which asks the port. ``explain`` makes the explanation, ``text`` and
``plain`` say it; whether a Retrier or Catcher takes an error is the engine's to say, here as there.
"""
