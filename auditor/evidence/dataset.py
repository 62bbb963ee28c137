"""The dataset of an audit: images, labels, attributes and regions, checked against each other before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, Unpack

from auditor.errors import DataError, nearest
from auditor.evidence.faults import Fault, count, name_some
from auditor.evidence.listing import check_attributes, list_images, refuse_label
from auditor.evidence.options import check_columns, check_options, check_path
from auditor.evidence.paths import ImagesFolder
from auditor.evidence.places import find_places
from auditor.evidence.readers import READERS
from auditor.evidence.roles import as_role, check_roles
from auditor.evidence.samples import Region, Sample, make_samples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.documents.ladder import Role
    from auditor.evidence.options import Options
    from auditor.evidence.places import Exif

__all__ = ["AnnotatedDataset", "Region", "Sample"]


@dataclass(frozen=True, repr=False)
class AnnotatedDataset:
    """Images with labels, attributes and regions.

    Made by `from_csv`, `from_folders` or `from_reader`, which check everything that can be checked without decoding.
    """

    samples: tuple[Sample, ...]  # by image_id
    images: Path  # the folder, absolute
    source: str  # name of the annotations
    attributes: tuple[str, ...] = ()  # to split by
    regions: tuple[str, ...] = ()  # names, sorted
    roles: Mapping[str, Role] = field(default_factory=dict)  # of every region
    exif: Exif = "ignore"
    exif_origin: str = ""
    clusters_origin: Literal["group_id", "one image each"] = "one image each"
    faults: tuple[str, ...] = ()  # rows that were left out, and why
    n_skipped: int = 0  # rows of the annotations among the faults; the others are of regions
    notes: tuple[str, ...] = ()  # files that were passed over on purpose, in words
    columns: tuple[str, ...] = ()  # every column that could be an attribute

    @classmethod
    def from_csv(cls, annotations: str | Path, *, images: str | Path, **options: Unpack[Options]) -> Self:
        """Dataset from a CSV file with the columns image, label, perhaps group_id, and attributes.

        Parameters
        ----------
        annotations
            The file, in UTF-8. Cells are text: ``NA`` and ``null`` are labels like any other.
        images
            The folder that the image column is relative to.
        **options
            See `Options`.

        Returns
        -------
        AnnotatedDataset
            Samples by image.

        Raises
        ------
        DataError
            With all faults at once, the first twenty in words.
        UsageError
            If an option is none, or of another kind.
        """
        return cls.from_reader("csv", annotations, images=images, **options)

    @classmethod
    def from_folders(cls, images: str | Path, **options: Unpack[Options]) -> Self:
        """Dataset from a folder with one sub-folder of images per class.

        Parameters
        ----------
        images
            The folder.
        **options
            See `Options`.

        Returns
        -------
        AnnotatedDataset
            Samples by image; labels are the names of the sub-folders.

        Raises
        ------
        DataError
            With all faults at once, the first twenty in words.
        UsageError
            If an option is none, or of another kind.
        """
        return cls.from_reader("class_folders", images, images=images, **options)

    @classmethod
    def from_reader(cls, reader: str, source: str | Path, *, images: str | Path, **options: Unpack[Options]) -> Self:
        """Dataset in any format of the registry `auditor.evidence.readers.READERS`.

        Parameters
        ----------
        reader
            Name of the format.
        source
            File or folder of that format.
        images
            The folder that images are relative to.
        **options
            See `Options`.

        Returns
        -------
        AnnotatedDataset
            Samples by image.

        Raises
        ------
        DataError
            With all faults at once, the first twenty in words.
        UsageError
            If an option is none, or of another kind.
        """
        check_options(options)
        check_path("annotations", source)
        check_path("images", images)
        named = options.get("attributes")
        chosen = None if named is None else tuple(dict.fromkeys(named))
        check_columns(chosen or ())
        folder = ImagesFolder(Path(images))
        annotations = READERS.find(reader)(Path(source), attributes=chosen)
        listing = list_images(annotations, folder, classes=options.get("classes"))
        places = find_places(
            listing, regions=options.get("regions"), masks=options.get("masks"), exif=options.get("exif")
        )
        regions = tuple(sorted(places.names))
        roles = dict(options.get("roles") or {})
        plan = [*places.blockers, *check_roles(roles, regions)]
        faults = [*plan, *listing.faults, *places.faults]
        if plan or (faults and not options.get("skip_bad")):
            raise DataError.from_faults(str(source), [str(fault) for fault in faults])
        if listing.rows.empty:
            raise DataError.from_faults(f"{source}: no image is left", [str(fault) for fault in faults])
        made = cls(
            samples=make_samples(listing, places.rows, attributes=annotations.attributes),
            images=folder.root,
            source=Path(source).name,
            regions=regions,
            roles={region: as_role(roles.get(region)) for region in regions},
            exif=places.exif,
            exif_origin=places.exif_origin,
            clusters_origin="group_id" if annotations.grouped else "one image each",
            faults=tuple(map(str, faults)),
            n_skipped=len(listing.faults),
            notes=(*annotations.notes, *places.notes),
            columns=annotations.attributes,
        )
        return made.select(chosen or ())

    def select(self, attributes: Sequence[str]) -> Self:
        """The same dataset, split by these attributes.

        Parameters
        ----------
        attributes
            Columns of the annotations.

        Returns
        -------
        AnnotatedDataset
            With these `attributes`; the samples are shared.

        Raises
        ------
        DataError
            If there is no such column, its name is one of ours, or it looks like an identifier.
        UsageError
            If it is no list of names.
        """
        check_columns(attributes)
        for attribute in attributes:
            if attribute not in self.columns:
                known = (
                    f"the columns are {name_some(self.columns, shown=20)}" if self.columns else "it has no attributes"
                )
                raise DataError(f"{self.source}: no attribute {attribute!r}{nearest(attribute, self.columns)}; {known}")
        check_attributes({name: {sample.attributes[name] for sample in self.samples} for name in attributes})
        return replace(self, attributes=tuple(dict.fromkeys(attributes)))

    def check_labels(self, classes: Sequence[str]) -> None:
        """Refuse labels that are not among the classes of a model.

        Parameters
        ----------
        classes
            What the model can answer.

        Raises
        ------
        DataError
            With every sample whose label is not a class.
        """
        faults = _check_classes(self.samples, classes)
        if faults:
            raise DataError.from_faults(self.source, [str(fault) for fault in faults.values()])

    def keep_classes(self, classes: Sequence[str]) -> Self:
        """The samples whose label is among the classes of a model; the others become `faults`.

        Parameters
        ----------
        classes
            What the model can answer.

        Returns
        -------
        AnnotatedDataset
            Perhaps smaller.

        Raises
        ------
        DataError
            If no sample is left.
        """
        faults = _check_classes(self.samples, classes)
        kept = tuple(sample for sample in self.samples if sample.image_id not in faults)
        if not kept:
            raise DataError.from_faults(f"{self.source}: no image is left", [str(fault) for fault in faults.values()])
        said = (*self.faults, *map(str, faults.values()))
        return replace(self, samples=kept, faults=said, n_skipped=self.n_skipped + len(faults))

    def fingerprint(self) -> str:
        """Hash of everything declared: ids, labels, attributes, groups, regions, bytes of masks, roles, orientation.

        Returns
        -------
        str
            SHA-256 in hexadecimal; the same on every machine and for every order of rows. The bytes of the images are
            not in it.
        """
        digest = hashlib.sha256(
            _canonical({"roles": dict(self.roles), "exif": self.exif, "attributes": sorted(self.attributes)})
        )
        for sample in self.samples:
            regions = [[region.name, region.boxes, _hash_file(region.mask)] for region in sample.regions]
            told = {name: sample.attributes[name] for name in self.attributes}
            digest.update(_canonical([sample.image_id, sample.label, told, sample.group_id, regions]))
        return digest.hexdigest()

    def __len__(self) -> int:
        return len(self.samples)

    def __repr__(self) -> str:
        labels = Counter(sample.label for sample in self.samples)
        parts = [count(len(self), "image"), f"labels {name_some(sorted(labels))}"]
        parts += [f"attributes {name_some(self.attributes)}"] if self.attributes else []
        parts += [f"regions {', '.join(f'{name} ({role})' for name, role in self.roles.items())}"] if self.roles else []
        parts += [f"{count(len(self.faults), 'row')} left out"] if self.faults else []
        parts += self.notes
        return f"<AnnotatedDataset {self.source}: {'; '.join(parts)}>"


def _check_classes(samples: Sequence[Sample], classes: Sequence[str]) -> dict[str, Fault]:
    """Faults by image."""
    wrong = {label: refuse_label(label, classes) for label in {sample.label for sample in samples}}
    bad = sorted((sample for sample in samples if wrong[sample.label]), key=lambda sample: sample.line)
    return {sample.image_id: Fault(line=sample.line, text=wrong[sample.label]) for sample in bad}


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=True).encode() + b"\n"


def _hash_file(path: Path | None) -> str | None:
    try:
        return None if path is None else hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DataError(f"mask {path}: cannot be read: {error.strerror}") from error
