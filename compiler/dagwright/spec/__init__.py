"""From a located document to the spec model: merge, interpolate, check, decode."""
