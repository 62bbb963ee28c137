"""What a plan asks of its report: frameworks, selection rates, and how much of pictures and people it may show."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from auditor.report.catalogue import SOURCE, list_languages

Preset = Literal["ll144", "four_fifths", "public"]
PUBLIC: Final = "public"


def _several(value: object) -> object:
    """One name stands for a list of one."""
    return [value] if isinstance(value, str) else [] if value is None else value


def _known_language(code: str) -> str:
    known = list_languages()
    if code not in known:
        msg = f"no reports in {code!r}; there are {', '.join(known)}"
        raise ValueError(msg)
    return code


class ReportPlan(BaseModel):
    """What the report files beside what was measured, and how much of it may leave the house."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    requirements: list[str] | None = None
    preset: Annotated[list[Preset], BeforeValidator(_several)] = []  # one of them, or "public" beside another
    positive: str | None = None
    images: Literal["none", "blur-regions", "full"] | None = None
    blur: list[str] | None = None
    hash_ids: bool = False
    language: Annotated[str, AfterValidator(_known_language)] = SOURCE

    @property
    def public(self) -> bool:
        """Whether reports are of the public version."""
        return PUBLIC in self.preset

    @property
    def compares(self) -> Literal["ll144", "four_fifths"] | None:
        """The preset that compares selection rates."""
        return next((name for name in self.preset if name != "public"), None)

    @model_validator(mode="after")
    def _has_positive(self) -> Self:
        if self.compares is not None and self.positive is None:
            msg = f'preset {self.compares!r} compares selection rates: name the class that selects, positive = "…"'
            raise ValueError(msg)
        if len(set(self.preset) - {PUBLIC}) > 1:
            raise ValueError('preset: one of "ll144" and "four_fifths" is expected, with or without "public"')
        return self
