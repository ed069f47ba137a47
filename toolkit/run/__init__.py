"""Floor 9: notebooks run with typed parameters, judged by the toolkit, collected into a site.

Names are imported from their own files: a notebook's kernel needs `open_notebook`, and not papermill.
"""
