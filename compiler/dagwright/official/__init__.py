"""Check the payloads of a plan against the official models of those who will get them, offline.

The models come with packages that a compile does without: `dagwright[kubernetes]` and the like.
"""

from dagwright.official.check import check_payloads

__all__ = ["check_payloads"]
