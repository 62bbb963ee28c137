"""What every question is handed: the tables and the settings, with what is looked up in them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from auditor.analysis.duplicates import group_duplicates
from auditor.analysis.statistics import bootstrap
from auditor.analysis.statistics.cells import Cells, Key
from auditor.analysis.statistics.grids import unpack_shares
from auditor.analysis.statistics.memory import once
from auditor.records import READ, measure_column
from auditor.trials import DELETIONS, INTERVENTIONS, RANDOMISED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from auditor.analysis.statistics.grids import SingleArray
    from auditor.analysis.statistics.intervals import ByteArray, IntArray
    from auditor.analysis.statistics.memory import Kept
    from auditor.documents.ladder import Role
    from auditor.geometry import BoolArray, FloatArray, Size


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the plan and the model fix before any number is computed.

    Attributes
    ----------
    classes
        Names of the model's classes, in its order.
    attributes, regions
        Names of the attributes and of the regions to report.
    roles
        What each region was declared to be, by name.
    frame, grid
        Height and width of what the model sees, in pixels, and of its maps, in cells.
    seed
        Not negative; every random draw follows from it.
    draws
        Of the bootstrap.
    borrowed
        Regions borrowed per image and region.
    confidence
        Level of the intervals, in (0, 1).
    min_clusters
        Cells with fewer are computed as well, but not relied on.
    group_duplicates
        Whether near-duplicates by perceptual hash are one cluster, because no group_id was given.
    """

    classes: tuple[str, ...]
    attributes: tuple[str, ...]
    regions: tuple[str, ...]
    roles: Mapping[str, Role] = field(default_factory=dict)
    frame: Size
    grid: Size
    seed: int = 0
    draws: int = 2000
    borrowed: int = 20
    confidence: float = 0.95
    min_clusters: int = 20
    group_duplicates: bool = False

    def generator(self, purpose: str) -> np.random.Generator:
        """Random numbers of one purpose, the same whatever else is computed.

        Parameters
        ----------
        purpose
            Any text; another text gives another stream.

        Returns
        -------
        numpy.random.Generator
            Seeded with the plan's seed and the purpose.
        """
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])


@dataclass(frozen=True, kw_only=True)
class TargetView:
    """The attention of one target, aligned with the images read.

    Attributes
    ----------
    has_map
        ``(n,)``: the map is there and not empty.
    maps
        ``(n, h, w)`` float32, each divided by the sum of the upsampled map over the frame; zero where empty.
    table
        The attention rows in the order of the images read.
    """

    has_map: BoolArray
    maps: SingleArray
    table: pd.DataFrame

    def measure(self, measure: str, region: str) -> FloatArray:
        """Values of a measure per image read; NaN where the region or the map is missing."""
        name = measure_column(measure, region)
        if name not in self.table.columns:
            return np.full(len(self.table), np.nan)
        values = self.table[name].to_numpy(dtype=np.float64, na_value=np.nan)
        return np.where(self.has_map, values, np.nan)


@dataclass(frozen=True, kw_only=True)
class RegionView:
    """One region, aligned with the images read.

    Attributes
    ----------
    area
        ``(n,)`` share of the frame, 0 where the region is not seen.
    boxes
        ``(n, 4)`` bounding boxes: x_min, y_min, x_max, y_max as shares of the frame; NaN where not seen.
    rasters
        ``(n,)`` packed rasters, empty bytes where not seen.
    """

    area: FloatArray
    boxes: FloatArray
    rasters: npt.NDArray[np.object_]

    @property
    def seen(self) -> BoolArray:
        """Whether the image shows the region."""
        return self.area > 0


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The tables and the settings, with what the questions look up in them.

    Attributes
    ----------
    images, attention, regions
        As `auditor.records.read_tables` gives them, in any order of rows.
    interventions, deletions, randomised
        Those of `auditor.trials`; empty where nothing was tried.
    settings
        What was fixed before.
    """

    images: pd.DataFrame
    attention: pd.DataFrame
    regions: pd.DataFrame
    settings: Settings
    interventions: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=INTERVENTIONS.names))
    deletions: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=DELETIONS.names))
    randomised: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=RANDOMISED.names))

    @cached_property
    def kept(self) -> Kept:
        """What `once` keeps."""
        return {}

    @cached_property
    def read(self) -> pd.DataFrame:
        """Images that were read and classified, sorted by image_id; missing attribute values are ``""``."""
        table = self.images[self.images["status"] == READ].sort_values("image_id", ignore_index=True)
        texts = ["label", "predicted", "group_id", *self.settings.attributes]
        return table.assign(**{name: table[name].astype(object).where(table[name].notna(), "") for name in texts})

    @cached_property
    def clusters(self) -> IntArray:
        """``(n,)`` number of each image's cluster."""
        groups = group_duplicates(self.read) if self.settings.group_duplicates else self.texts("group_id")
        numbers: IntArray = np.unique(groups, return_inverse=True)[1]
        return numbers

    @cached_property
    def repeats(self) -> bool:
        """Whether any cluster has more than one image."""
        return len(self.read) > 0 and int(self.clusters.max()) + 1 < len(self.read)

    @cached_property
    def correct(self) -> BoolArray:
        """``(n,)`` whether the prediction is the label."""
        right: BoolArray = self.texts("label") == self.texts("predicted")
        return right

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Labels that occur among the images read, in the order of the classes."""
        occurring = set(self.texts("label"))
        known = [name for name in self.settings.classes if name in occurring]
        return (*known, *sorted(occurring.difference(known)))

    @cached_property
    def weights(self) -> ByteArray:
        """``(draws, clusters)``: how often each draw of the bootstrap takes each cluster."""
        n = int(self.clusters.max()) + 1 if len(self.read) else 0
        return bootstrap.draw_weights(n, draws=self.settings.draws, generator=self.settings.generator("bootstrap"))

    @once
    def texts(self, column: str) -> npt.NDArray[np.str_]:
        """A column of the images read as text, ``(n,)``."""
        return self.read[column].to_numpy(dtype=str)

    @once
    def subgroups(self, attribute: str) -> tuple[str, ...]:
        """Values of an attribute among the images read, sorted; ``""`` is *not recorded* and comes first."""
        return tuple(np.unique(self.texts(attribute)).tolist())

    @once
    def cells(self, *, by_label: bool, attribute: str | None = None) -> Cells:
        """Cells of one margin: overall, by label, by subgroup, or by label and subgroup.

        Parameters
        ----------
        by_label
            Whether to split by label.
        attribute
            Split by its subgroups as well.

        Returns
        -------
        Cells
            Every combination of the values that occur, whether or not it has images.
        """
        codes = np.zeros(len(self.read), dtype=np.int64)
        keys: list[Key] = [Key()]
        if by_label:
            codes = _codes(self.texts("label"), self.labels)
            keys = [Key(label=label) for label in self.labels]
        if attribute is not None:
            values = self.subgroups(attribute)
            codes = codes * len(values) + _codes(self.texts(attribute), values)
            keys = [key._replace(attribute=attribute, subgroup=value) for key in keys for value in values]
        return Cells(codes=codes, keys=tuple(keys))

    def margins(self) -> Iterator[Cells]:
        """Overall, by label, and for each attribute by subgroup and by label and subgroup."""
        for attribute in (None, *self.settings.attributes):
            for by_label in (False, True):
                yield self.cells(by_label=by_label, attribute=attribute)

    @once
    def target(self, target: str) -> TargetView:
        """The attention of one target, aligned with the images read.

        Parameters
        ----------
        target
            ``"label"`` or ``"predicted"``.

        Returns
        -------
        TargetView
            An image without a row has no map.
        """
        table = self._aligned(self.attention[self.attention["target"] == target])
        total = table["cam_max"].to_numpy(dtype=np.float64, na_value=np.nan)
        about = self.settings
        maps = unpack_shares(table["cam"], usable=total > 0, frame=about.frame, grid=about.grid)
        has_map = np.asarray(maps.any(axis=(1, 2)))
        return TargetView(has_map=has_map, maps=maps, table=table)

    @once
    def region(self, region: str) -> RegionView:
        """Where a region lies, aligned with the images read.

        Parameters
        ----------
        region
            Its name.

        Returns
        -------
        RegionView
            An image without a row does not show the region.
        """
        table = self._aligned(self.regions[self.regions["region"] == region])
        area = np.nan_to_num(table["area"].to_numpy(dtype=np.float64, na_value=np.nan))
        boxes = table[["x_min", "y_min", "x_max", "y_max"]].to_numpy(dtype=np.float64, na_value=np.nan)
        rasters = table["raster"].to_numpy(dtype=object, copy=True)
        rasters[pd.isna(rasters)] = b""
        return RegionView(area=area, boxes=np.where((area > 0)[:, None], boxes, np.nan), rasters=rasters)

    def _aligned(self, table: pd.DataFrame) -> pd.DataFrame:
        return table.set_index("image_id").reindex(self.read["image_id"])


def _codes(values: npt.NDArray[np.str_], names: Sequence[str]) -> IntArray:
    """Position of each value among the names."""
    order = np.argsort(names)
    found: IntArray = order[np.searchsorted(np.asarray(names, dtype=str)[order], values)] if len(values) else order
    return found
