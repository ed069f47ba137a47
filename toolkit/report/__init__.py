"""Floor 7: figures, accessible tables, sentences, language, and the pages that carry them.

Everything that shows a figure takes a `Released` and nothing else. Names are imported from their own files: a
notebook's kernel needs the tables and figures, and not nbconvert.
"""
