"""An execution played again: its history is the proof, its record the state at every moment.

Pure but for ``say``. ``facts`` reads out of a history what the outside had shown the engine,
``playback`` lets the engine make every event anew and compares, ``moment`` tells all values at an
event. Nothing outside is called: what functions answered is in the history.
"""
