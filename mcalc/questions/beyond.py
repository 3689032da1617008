"""The exercises of chapters 20 to 24, which go on where the paper ends."""

from __future__ import annotations
