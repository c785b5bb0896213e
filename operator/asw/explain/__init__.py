"""Why an execution failed, or what it waits for: from everything known of it to an explanation.

Pure except for ``gather``, which asks the port. ``explain`` makes the explanation; the command
line shows it. Whether a Retrier or Catcher takes an error, the engine decides.
"""
