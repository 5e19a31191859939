"""Check payloads against the official models of those who will get them, offline.

The models come with packages that a compile does without: `dagwright[kubernetes]` and the like.
"""
