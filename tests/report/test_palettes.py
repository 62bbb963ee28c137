"""Colours that can be read, by everyone and in print."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.report.palettes import INK, contrast, diverging, heat, region_colour, sequential, stops


def slow_contrast(first: str, second: str) -> float:
    """The definition of WCAG 2.2, written out."""
    lights = []
    for colour in (first, second):
        light = 0.0
        for place, weight in ((1, 0.2126), (3, 0.7152), (5, 0.0722)):
            part = int(colour[place : place + 2], 16) / 255
            light += weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
        lights.append(light)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize("difference", np.linspace(-1.5, 1.5, 61))
def test_ink_is_readable_on_every_heat_colour(difference: float) -> None:
    colour = heat(float(difference))
    assert slow_contrast(INK, colour) >= 4.5
    assert contrast(INK, colour) == pytest.approx(slow_contrast(INK, colour))


def test_maps_grow_brighter_throughout() -> None:
    light = sequential(np.linspace(0, 1, 256)).astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(light) >= -0.5).all()
    assert light[-1] - light[0] > 200


def test_differences_are_light_at_zero_and_mirror_in_strength() -> None:
    colours = diverging(np.array([-1.0, 0.0, 1.0])).astype(int)
    assert colours[1].min() > 230
    assert colours[0][2] > colours[0][0]  # blue below zero
    assert colours[2][0] > colours[2][2]  # vermilion above


def test_values_outside_of_the_scale_are_clipped() -> None:
    assert (sequential(np.array([-3.0, 7.0])) == sequential(np.array([0.0, 1.0]))).all()


def test_below_average_is_warm_and_above_is_cool() -> None:
    assert heat(-0.3) == stops("heat", 2)[0]
    assert heat(0.3) == stops("heat", 2)[1]


def test_regions_differ_in_colour() -> None:
    assert len({region_colour(place) for place in range(8)}) == 8
