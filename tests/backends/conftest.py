from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Let the providers and the clouds' SDKs warn: what they import is not ours to mend."""
    config.addinivalue_line("filterwarnings", "default")
