"""JSON Schemas for editors, made of what the programs themselves read by; see ``__main__``."""
