"""What exporting prompts needs to know of a core."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from jackfield.ports.exports import ExportTargets, PromptMetadata


@frozen(kw_only=True)
class Exports:
    """Where metadata comes from, and where it may go."""

    source: PromptMetadata
    targets: ExportTargets
