"""What changed between two versions of a service, for whom, and which version number that needs at least."""

from commonhall.catalogue.comparing.differences import compare
from commonhall.catalogue.comparing.weights import Change, Difference, For, Weight

__all__ = ["Change", "Difference", "For", "Weight", "compare"]
