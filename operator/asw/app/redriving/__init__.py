"""``asw redrive``: what it would do (``foreseeing``, pure), as text (``drawing``, pure)."""
