from __future__ import annotations

from tests.service.conftest import restored_logs

__all__ = ["restored_logs"]
