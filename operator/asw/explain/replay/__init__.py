"""An execution played again: its history is the proof, its record the state at every moment.

Pure. ``facts`` reads from a history what the engine had seen of the outside, ``playback`` has the
engine make every event again and compares, ``moment`` shows all values at an event. Nothing outside
is called: the answers of functions are in the history.
"""
