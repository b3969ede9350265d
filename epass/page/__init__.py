"""What a person looks at: one dump with its report, as a page.

``compose`` makes the content, which knows no medium; ``html`` makes a file of it that needs
nothing else, and the command line prints the same content in a terminal. Nothing here reads or
writes anything.
"""

from epass.page.compose import compose
from epass.page.html import to_html
from epass.page.model import Page

__all__ = ["Page", "compose", "to_html"]
