"""The release gate as a test: AUDIT and POLICY name the audit and the policy, and pytest tells what kept it."""

from __future__ import annotations

import os

import auditor


def test_the_model_may_be_released() -> None:
    """Every rule of the policy passes; what fails and what cannot be told are both told."""
    verdict = auditor.gate(os.environ.get("AUDIT", "reports/audit"), policy=os.environ.get("POLICY", "release"))
    assert verdict.passed, f"\n{verdict}"  # noqa: S101 -- a test asserts
