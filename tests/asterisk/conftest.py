from __future__ import annotations

from pathlib import Path

import pytest

from tests.asterisk.pbx import AsteriskUnavailableError, asterisk_root


@pytest.fixture(scope="session")
def chroot() -> Path:
    """Folder of the unpacked Asterisk."""
    try:
        return asterisk_root()
    except AsteriskUnavailableError as error:
        pytest.skip(str(error))
