"""YAML text to a located document: a tree whose every key and value knows where it stands."""
