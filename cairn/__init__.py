"""A chat over your documents and databases that you can measure, and improve one measured step at a time."""

from pathlib import Path as _Path

__version__ = "0.1.0"

# In a checkout the packages are folders at its top, and links here name them. Where a checkout can't have links (git on
# Windows without developer mode), they are found beside this folder. Installed, they are real folders here.
if not (_Path(__file__).parent / "core").is_dir():
    __path__.append(str(_Path(__file__).parents[1]))
