"""The dataset: whatever is wrong with it is said at once, in words, before anything runs."""

from __future__ import annotations

import os
import pickle
import random
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

import numpy as np
import pytest
from PIL import Image

from auditor.errors import DataError, UsageError
from auditor.evidence.dataset import AnnotatedDataset, Region
from auditor.evidence.photographs import read_photograph

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (40, 30)
SWAPPED = "the sides are swapped: say exif = 'apply' if regions are on upright pictures, 'ignore' if not"
UNSETTLED = (
    "exif is not declared, and regions lie on 1 image that EXIF rotates ('a.jpg'): "
    "say exif = 'apply' if they lie on upright pictures, 'ignore' if on the pixels as stored"
)


class Kit:
    """A small dataset on the disk, to be spoiled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.photos = folder / "photos"
        for name in ("a.jpg", "b.jpg", "sub/c.png"):
            self.draw(name)
        self.rows = ["image,label,gender,group_id", "a.jpg,doctor,m,p1", "b.jpg,nurse,,p1", "sub/c.png,NA,f,p2"]
        self.boxes = ["image,region,x_min,y_min,x_max,y_max", "a.jpg,face,1,2,10,20", "sub/c.png,coat,0,0,40,30"]

    def draw(self, name: str, *, orientation: int | None = None) -> None:
        (self.photos / name).parent.mkdir(parents=True, exist_ok=True)
        exif = Image.Exif()
        if orientation:
            exif[0x0112] = orientation
        Image.new("RGB", SIZE, "red").save(self.photos / name, exif=exif)

    def mask(self, name: str, *, size: tuple[int, int] = SIZE) -> None:
        (self.folder / "masks" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", size, 1).save(self.folder / "masks" / name)

    def load(self, **options: Any) -> AnnotatedDataset:
        (self.folder / "people.csv").write_text("\n".join(self.rows) + "\n")
        (self.folder / "boxes.csv").write_text("\n".join(self.boxes) + "\n")
        options = {"regions": self.folder / "boxes.csv", "attributes": ["gender"], **options}
        return AnnotatedDataset.from_csv(self.folder / "people.csv", images=self.photos, **options)

    def refuse(self, **options: Any) -> list[str]:
        """Lines of the error."""
        with pytest.raises(DataError) as caught:
            self.load(**options)
        return [line.removeprefix("  ").replace(str(self.folder), "…") for line in str(caught.value).split("\n")]


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit(tmp_path)


def test_a_good_dataset(kit: Kit) -> None:
    dataset = kit.load(roles={"face": "protected"}, classes=["doctor", "nurse", "NA"])
    assert [(s.image_id, s.label, dict(s.attributes), s.group_id) for s in dataset.samples] == [
        ("a.jpg", "doctor", {"gender": "m"}, "p1"),
        ("b.jpg", "nurse", {"gender": ""}, "p1"),
        ("sub/c.png", "NA", {"gender": "f"}, "p2"),
    ]
    assert [s.path.relative_to(dataset.images).as_posix() for s in dataset.samples] == ["a.jpg", "b.jpg", "sub/c.png"]
    assert all(s.path.is_absolute() for s in dataset.samples)
    assert [s.regions for s in dataset.samples] == [
        (Region("face", ((1, 2, 10, 20),)),),
        (),
        (Region("coat", ((0, 0, 40, 30),)),),
    ]
    assert (dataset.attributes, dataset.regions) == (("gender",), ("coat", "face"))
    assert dataset.roles == {"coat": "undeclared", "face": "protected"}
    assert (dataset.exif, dataset.exif_origin) == ("ignore", "not declared; EXIF rotates no image")
    assert dataset.clusters_origin == "group_id"
    assert dataset.source == "people.csv"
    assert dataset.faults == dataset.notes == ()
    assert len(dataset) == 3
    assert repr(dataset) == (
        "<AnnotatedDataset people.csv: 3 images; labels 'NA', 'doctor', 'nurse'; attributes 'gender'; "
        "regions coat (undeclared), face (protected)>"
    )


def test_paths_as_text_do_as_well(kit: Kit) -> None:
    expected = kit.load()
    options = {"regions": str(kit.folder / "boxes.csv"), "attributes": ["gender"]}
    assert AnnotatedDataset.from_csv(str(kit.folder / "people.csv"), images=str(kit.photos), **options) == expected


def test_it_travels_to_other_processes(kit: Kit) -> None:
    dataset = kit.load()
    assert pickle.loads(pickle.dumps(dataset)) == dataset  # noqa: S301 -- our own bytes


def test_without_groups_each_image_is_its_own(kit: Kit) -> None:
    kit.rows = [row.rsplit(",", 1)[0] for row in kit.rows]
    dataset = kit.load()
    assert dataset.clusters_origin == "one image each"
    assert [s.group_id for s in dataset.samples] == ["a.jpg", "b.jpg", "sub/c.png"]


def test_an_empty_group_is_a_group_of_one(kit: Kit) -> None:
    kit.rows[1] = "a.jpg,doctor,m,"
    assert [s.group_id for s in kit.load().samples] == ["a.jpg", "p1", "p2"]


def test_all_faults_at_once(kit: Kit) -> None:
    kit.rows += [
        "d.jpg,doctor,m,p3",
        "a.jpg,doctor,m,p1",
        "../b.jpg,nurse,f,p1",
        "b.jpg,Docter,f",
        "e.jpg,Docter,f,p4",
        ",nurse,f,p5",
    ]
    kit.boxes += ["x.jpg,face,1,2,3,4", "a.jpg,hair,5,2,3,4"]
    assert kit.refuse(classes=["doctor", "nurse", "NA"]) == [
        "…/people.csv: 7 faults",
        "line 5: 'd.jpg': no such file",
        "line 6: 'a.jpg' repeats line 2",
        "line 7: '../b.jpg' leaves the images folder",
        "line 8: 3 cells, expected 4 as in the header",
        "line 9: label 'Docter' is not a class; nearest: 'doctor'",
        "line 10: no image is named",
        "boxes.csv line 5: box 'hair' (5, 2, 3, 4) of 'a.jpg' is inverted: its maximum is below its minimum",
    ]
    dataset = kit.load(classes=["doctor", "nurse", "NA"], skip_bad=True)
    assert [s.image_id for s in dataset.samples] == ["a.jpg", "b.jpg", "sub/c.png"]
    assert (len(dataset.faults), dataset.n_skipped) == (7, 6)
    assert dataset.notes == ("1 row of boxes.csv for images that are not listed passed over",)
    assert dataset.faults[0] == "line 5: 'd.jpg': no such file"
    assert "; 7 rows left out; 1 row of boxes.csv for images that are not listed passed over>" in repr(dataset)


def test_of_many_faults_twenty_are_shown(kit: Kit) -> None:
    kit.rows += [f"none{k}.jpg,nurse,f,p" for k in range(30)]
    lines = kit.refuse()
    assert lines[0] == "…/people.csv: 30 faults"
    assert len(lines) == 22
    assert lines[-1] == "… and 10 more"


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("/etc/passwd", "'/etc/passwd' is an absolute path, expected one relative to the images folder"),
        ("C:\\a.jpg", "'C:\\\\a.jpg' is an absolute path, expected one relative to the images folder"),
        ("sub/../../x.jpg", "'sub/../../x.jpg' leaves the images folder"),
        ("sub\\c.png", "'sub\\\\c.png' holds a backslash, expected folders separated by /"),
        ("https://x.org/a.jpg", "'https://x.org/a.jpg' is an address: only files under the images folder are read"),
        ("file:a.jpg", "'file:a.jpg' is an address: only files under the images folder are read"),
        ("none.jpg", "'none.jpg': no such file"),
        ("a.jpg/b.jpg", "'a.jpg/b.jpg': no such file"),
        ("sub", "'sub': is a folder"),
        ("empty.jpg", "'empty.jpg': empty file (0 bytes)"),
        ("pipe.jpg", "'pipe.jpg': is not a file"),
        ("out.jpg", "'out.jpg': a link that leaves the images folder"),
        ("away/secret.jpg", "'away/secret.jpg': a link that leaves the images folder"),
        ("loop.jpg", "'loop.jpg': cannot be read: Too many levels of symbolic links"),
        ("text.jpg", "'text.jpg': not an image: expected JPEG, PNG, WEBP, BMP, TIFF, GIF"),
        ("bomb.png", "'bomb.png': over the limit of 89.5 megapixels"),
        ("x" * 300 + ".jpg", "cannot be read: File name too long"),
    ],
)
def test_files_that_are_not_read(kit: Kit, image: str, reason: str) -> None:
    (kit.photos / "empty.jpg").touch()
    (kit.photos / "text.jpg").write_text("hello, this is text")
    (kit.folder / "elsewhere").mkdir()
    Image.new("RGB", SIZE).save(kit.folder / "elsewhere" / "secret.jpg")
    (kit.photos / "away").symlink_to(kit.folder / "elsewhere")
    (kit.photos / "out.jpg").symlink_to(kit.folder / "elsewhere" / "secret.jpg")
    (kit.photos / "loop.jpg").symlink_to(kit.photos / "loop.jpg")
    os.mkfifo(kit.photos / "pipe.jpg")
    if image == "bomb.png":
        Image.new("1", (9500, 9500)).save(kit.photos / "bomb.png")
    kit.rows.append(f"{image},nurse,f,p3")
    lines = kit.refuse()
    assert len(lines) == 2
    assert reason in lines[1]
    assert lines[1].startswith("line 5: ")


def test_a_link_inside_the_folder_is_read(kit: Kit) -> None:
    (kit.photos / "link.jpg").symlink_to("a.jpg")
    (kit.photos / "linked").symlink_to("sub")
    kit.rows += ["link.jpg,nurse,f,p3", "linked/c.png,nurse,f,p3"]
    dataset = kit.load()
    assert [s.path.relative_to(dataset.images).as_posix() for s in dataset.samples][2:4] == ["link.jpg", "linked/c.png"]


def test_the_images_folder_itself_may_be_a_link(kit: Kit) -> None:
    (kit.folder / "shortcut").symlink_to(kit.photos)
    kit.load()
    dataset = AnnotatedDataset.from_csv(kit.folder / "people.csv", images=kit.folder / "shortcut")
    assert len(dataset) == 3
    assert dataset.images == kit.photos.resolve()


def test_the_wrong_folder_is_one_fault(kit: Kit) -> None:
    (kit.folder / "other").mkdir()
    kit.photos = kit.folder / "other"
    asked = "…/other: none of the listed images is there: 'a.jpg', 'b.jpg', 'sub/c.png'; is it the right folder?"
    assert kit.refuse() == [f"{asked} It is empty"]
    (kit.photos / ".hidden").touch()
    (kit.photos / "sub").mkdir()
    (kit.photos / "z.jpg").touch()
    assert kit.refuse() == [f"{asked} It holds 'sub/', 'z.jpg'"]
    kit.photos = kit.folder / "none"
    assert kit.refuse() == ["…/none: no such folder of images"]
    kit.photos = kit.folder / "people.csv"
    assert kit.refuse() == ["…/people.csv: is a file, expected folder of images"]


def test_a_name_that_is_nearly_right_is_offered_and_not_taken(kit: Kit) -> None:
    for name in (normalize("NFD", "é.jpg"), "X.PNG", "only.webp", "other.txt", "sub/Y.jpg"):
        kit.draw(name) if not name.endswith("txt") else (kit.photos / name).touch()
    (kit.photos / "lost.jpg").symlink_to(kit.photos / "nowhere.jpg")
    names = (normalize("NFC", "é.jpg"), "x.png", "only.jpg", "other.jpg", "SUB/y.jpg", "lost.jpg", "new/a.jpg")
    kit.rows += [f"{name},nurse,f,p3" for name in names]
    accents = "; there is a file of this name whose accents are stored in another way (Unicode NFC or NFD)"
    ends = (accents, "; there is 'X.PNG'", "; there is 'only.webp'", "", "; there is 'sub/Y.jpg'", "", "")
    assert kit.refuse()[1:] == [
        f"line {line}: {name!r}: no such file{end}" for line, name, end in zip(range(5, 12), names, ends, strict=True)
    ]
    assert len(kit.load(skip_bad=True)) == 3


def test_a_photograph_that_may_not_be_read_is_not_called_damaged(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    def shut(path: Path, **_: Any) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Image, "open", shut)
    assert kit.refuse()[1] == "line 2: 'a.jpg': cannot be read: Permission denied"


def test_boxes_of_images_that_are_not_listed_are_a_note_and_a_fault_only_where_there_are_no_others(kit: Kit) -> None:
    kit.rows.pop()
    dataset = kit.load()
    assert (dataset.faults, dataset.regions) == ((), ("coat", "face"))
    assert dataset.notes == ("1 row of boxes.csv for images that are not listed passed over",)
    kit.boxes[2] = "sub/c.png,coat,odd,0,40,30"
    assert kit.load().faults == ()
    kit.boxes.pop(1)
    assert kit.refuse(skip_bad=True) == [
        "…/boxes.csv: no region is for a listed image: 'sub/c.png' and images 'a.jpg', 'b.jpg'"
    ]


def test_copies_and_contradictions(kit: Kit) -> None:
    kit.rows += ["./a.jpg,doctor,m,p1", "b.jpg,doctor,,p1", "sub//c.png,NA,m,p2", "b.jpg,nurse,,p1"]
    assert kit.refuse()[1:] == [
        "line 3: 'b.jpg' is listed more than once, with different values (again on line 6)",
        "line 4: 'sub/c.png' is listed more than once, with different values (again on line 7)",
        "line 5: './a.jpg' repeats line 2",
        "line 6: 'b.jpg' is listed more than once, with different values (first on line 3)",
        "line 7: 'sub//c.png' is listed more than once, with different values (first on line 4)",
        "line 8: 'b.jpg' is listed more than once, with different values (first on line 3)",
    ]
    assert [s.image_id for s in kit.load(skip_bad=True).samples] == ["a.jpg"]


def test_nothing_left(kit: Kit) -> None:
    assert kit.refuse(classes=["cat"], skip_bad=True)[0] == "…/people.csv: no image is left: 3 faults"
    assert kit.refuse(classes=["cat"])[1] == "line 2: label 'doctor' is not a class; the classes are 'cat'"
    kit.rows = kit.rows[:1]
    assert kit.refuse(skip_bad=True) == ["…/people.csv: holds a header and no rows"]


def test_empty_labels(kit: Kit) -> None:
    kit.rows[1] = "a.jpg,,m,p1"
    assert kit.refuse()[1:] == ["line 2: the label is empty"]


def test_attributes(kit: Kit) -> None:
    assert kit.refuse(attributes=["gendre"])[0].endswith(
        "no column 'gendre'; nearest: 'gender'; the columns are 'image', 'label', 'gender', 'group_id'"
    )
    assert "an attribute cannot be named 'label'" in kit.refuse(attributes=["label"])[0]
    assert "an attribute cannot be named 'image'" in kit.refuse(attributes=["image"])[0]
    assert kit.load(attributes=["gender", "gender"]).attributes == ("gender",)
    dataset = kit.load(attributes=None)
    assert dataset.attributes == ()
    assert dataset.select(["gender"]).attributes == ("gender",)
    with pytest.raises(DataError, match="people.csv: no attribute 'age'; the columns are 'gender'"):  # noqa: RUF043
        dataset.select(["age"])
    for name in ("score", "image"):
        with pytest.raises(DataError, match=f"an attribute cannot be named '{name}'"):
            dataset.select([name])
    with pytest.raises(UsageError, match=r"attributes is 'gender', expected a list of names: \['gender'\]"):
        dataset.select("gender")


def test_an_attribute_of_a_thousand_values_is_an_identifier(kit: Kit) -> None:
    for k in range(1001):
        os.link(kit.photos / "a.jpg", kit.photos / f"{k}.jpg")
    kit.rows = ["image,label,gender,age", *(f"{k}.jpg,nurse,{k},{k % 1000}" for k in range(1001))]
    kit.boxes[1:] = ["1.jpg,face,1,2,3,4"]
    assert "attribute 'gender' has 1001 values, more than 1000: it looks like an identifier" in kit.refuse()[0]
    assert kit.load(attributes=["age"]).attributes == ("age",)


def test_regions_from_boxes_and_masks_are_one(kit: Kit) -> None:
    kit.boxes += ["a.jpg,face,5,5,7,7", "./a.jpg,hair,-0.5,0,40.5,3"]
    kit.mask("face/a.png")
    kit.mask("hair/sub/c.png")
    kit.mask("face/unlisted.png")
    dataset = kit.load(masks=kit.folder / "masks")
    assert dataset.samples[0].regions == (
        Region("face", ((1, 2, 10, 20), (5, 5, 7, 7)), kit.folder / "masks" / "face" / "a.png"),
        Region("hair", ((0, 0, 40, 3),)),
    )
    assert dataset.samples[2].regions[1] == Region("hair", (), kit.folder / "masks" / "hair" / "sub" / "c.png")
    assert dataset.notes == ("1 mask for images that are not listed passed over",)


def test_masks_alone_by_either_name(kit: Kit) -> None:
    kit.mask("face/a.png")
    assert kit.load(regions=None, masks=kit.folder / "masks") == kit.load(regions=kit.folder / "masks")


def test_a_bad_region_takes_itself_off_and_not_the_image(kit: Kit) -> None:
    kit.boxes += ["a.jpg,face,5,5,70,7"]
    assert kit.refuse()[1:] == [
        "boxes.csv line 4: box 'face' (5, 5, 70, 7) of 'a.jpg' leaves the image of 40 × 30 pixels"
    ]
    dataset = kit.load(skip_bad=True)
    assert dataset.samples[0].regions == ()
    assert len(dataset) == 3
    assert dataset.regions == ("coat", "face")


def test_regions_of_a_bad_image_make_no_second_fault(kit: Kit) -> None:
    (kit.photos / "a.jpg").unlink()
    assert kit.refuse()[1:] == ["line 2: 'a.jpg': no such file"]


def test_masks_of_another_size(kit: Kit) -> None:
    kit.mask("hair/a.png", size=(30, 40))
    assert kit.refuse(masks=kit.folder / "masks")[1:] == [
        f"hair/a.png: the mask has 30 × 40 pixels, 'a.jpg' has 40 × 30; {SWAPPED}"
    ]


def test_roles(kit: Kit) -> None:
    assert kit.refuse(roles={"face": "protectd", "fase": "core"}, skip_bad=True)[1:] == [
        "role 'protectd' of region 'face' is none of core, context, protected, artefact; nearest: 'protected'",
        "a role is declared for region 'fase', which no image has; nearest: 'face'; the regions are 'coat', 'face'",
    ]
    assert kit.refuse(roles={"face": None})[1:] == [
        "role None of region 'face' is none of core, context, protected, artefact"
    ]
    assert kit.refuse(roles={"face": "core"}, regions=None)[1:] == [
        "a role is declared for region 'face', which no image has; there are no regions"
    ]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"region": "boxes.csv"}, "a dataset has no option 'region'; nearest: 'regions'; it has 'regions', 'masks', "),
        ({"role": {"face": "core"}}, "a dataset has no option 'role'; nearest: 'roles'; "),
        ({"attribute": ["gender"]}, "a dataset has no option 'attribute'; nearest: 'attributes'; "),
        ({"exif": "auto"}, "exif is 'auto', expected 'apply' or 'ignore', or None if not known"),
        ({"exif": ["apply"]}, "exif is ['apply'], expected 'apply' or 'ignore'"),
        ({"roles": ["face"]}, "roles is ['face'], expected a role for each region, such as {'face': 'core'}"),
        ({"attributes": "gender"}, "attributes is 'gender', expected a list of names: ['gender']"),
        ({"attributes": [5]}, "attributes is [5], expected a list of names"),
        ({"classes": "doctor"}, "classes is 'doctor', expected a list of names: ['doctor']"),
        ({"masks": 5}, "masks is a int, expected the path of a file or folder"),
    ],
)
def test_options_that_are_none_are_not_swallowed(kit: Kit, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        kit.load(**options)
    assert str(caught.value).startswith(said)


def test_sources_that_are_no_paths(kit: Kit) -> None:
    table: Any = {"image": ["a.jpg"]}
    with pytest.raises(UsageError, match="annotations is a dict, expected the path of a file or folder"):
        AnnotatedDataset.from_csv(table, images=kit.photos)


def test_a_region_is_not_called_as_the_whole_picture_is(kit: Kit) -> None:
    kit.boxes += ["b.jpg,(coat),0,0,9,9", "b.jpg,(brightness),0,0,9,9", "a.jpg,(tint),0,0,9,9"]
    bears = "bears the name by which reports call a property of the whole picture: rename it"
    refused = [f"region '(brightness)' {bears}", f"region '(tint)' {bears}"]
    assert [line.strip() for line in kit.refuse()[-2:]] == refused
    assert [line.strip() for line in kit.refuse(skip_bad=True)[-2:]] == refused
    kit.boxes[-2:] = []
    assert "(coat)" in kit.load().regions


def test_rotation_is_declared_where_regions_lie_on_it(kit: Kit) -> None:
    kit.draw("a.jpg", orientation=6)
    kit.boxes[1] = "a.jpg,face,1,2,10,35"  # fits the upright picture of 30 × 40 alone
    assert kit.refuse(skip_bad=True)[1:] == [UNSETTLED]
    dataset = kit.load(exif="apply")
    assert (dataset.exif, dataset.exif_origin) == ("apply", "declared")
    photograph = read_photograph(dataset.samples[0].path, apply_exif=dataset.exif == "apply")
    assert (photograph.width, photograph.height) == (30, 40)
    assert "leaves the image of 40 × 30 pixels" in kit.refuse(exif="ignore")[1]
    kit.boxes.pop(1)
    dataset = kit.load()
    assert dataset.exif == "ignore"
    assert dataset.exif_origin == (
        "not declared; EXIF rotates 1 image without regions: read as stored, as torchvision's training loader does"
    )


def test_fingerprint(kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> None:
    kit.boxes += ["a.jpg,face,5,5,7,7"]
    kit.mask("hair/a.png")
    masks = {"masks": kit.folder / "masks"}
    first = kit.load(**masks).fingerprint()
    generator = random.Random(0)  # noqa: S311 -- an order
    kit.rows[1:] = generator.sample(kit.rows[1:], 3)
    kit.boxes[1:] = generator.sample(kit.boxes[1:], 3)
    assert kit.load(**masks).fingerprint() == first

    twin = Kit(tmp_path_factory.mktemp("elsewhere"))
    twin.boxes += ["a.jpg,face,5,5,7,7"]
    twin.mask("hair/a.png")
    changes: list[Any] = [
        lambda: None,
        lambda: twin.rows.append(twin.rows.pop(1).replace("doctor", "nurse")),
        lambda: twin.boxes.append("b.jpg,face,5,5,7,7"),
        lambda: Image.new("L", SIZE).save(twin.folder / "masks" / "hair" / "a.png"),
        lambda: twin.rows.append(twin.rows.pop().replace("p1", "p3")),
    ]
    seen = []
    for change in changes:
        change()
        seen.append(twin.load(masks=twin.folder / "masks").fingerprint())
    assert seen[0] == first
    assert len(set(seen)) == len(seen)
    options = [{}, {"exif": "apply"}, {"roles": {"face": "core"}}, {"attributes": []}]
    assert len({kit.load(**masks, **option).fingerprint() for option in options}) == len(options)


def test_labels_of_a_model(kit: Kit) -> None:
    dataset = kit.load()
    dataset.check_labels(["doctor", "nurse", "NA"])
    with pytest.raises(
        DataError, match=r"people\.csv: 1 fault\n  line 4: label 'NA' is not a class; the classes are 'd"
    ):
        dataset.check_labels(["doctor", "nurse"])
    kept = dataset.keep_classes(["doctor", "nurse"])
    assert len(kept) == 2
    assert kept.faults == ("line 4: label 'NA' is not a class; the classes are 'doctor', 'nurse'",)
    assert kept.n_skipped == 1
    with pytest.raises(DataError, match="no image is left"):
        dataset.keep_classes(["cat"])


def test_class_folders(kit: Kit) -> None:
    kit.draw("dog/d.jpg")
    dataset = AnnotatedDataset.from_folders(kit.photos)
    assert [(s.image_id, s.label) for s in dataset.samples] == [("dog/d.jpg", "dog"), ("sub/c.png", "sub")]
    assert dataset.notes == ("2 images beside the class folders passed over",)
    assert dataset.clusters_origin == "one image each"


@pytest.mark.shared
def test_real_kangaroos(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "animals"
    names = sorted(path.name for path in (folder / "JPEGImages").glob("kangaroo*"))
    (tmp_path / "k.csv").write_text("image,label\n" + "".join(f"{name},wallaby\n" for name in names))
    dataset = AnnotatedDataset.from_csv(
        tmp_path / "k.csv", images=folder / "JPEGImages", regions=folder / "Annotations", roles={"kangaroo": "core"}
    )
    assert len(dataset) == 164
    assert dataset.notes == ("200 VOC files for images that are not listed passed over",)
    assert sum(len(region.boxes) for sample in dataset.samples for region in sample.regions) == 266
    boxes = np.array([box for sample in dataset.samples for region in sample.regions for box in region.boxes])
    assert (boxes[:, :2] >= 0).all()


@pytest.mark.shared
def test_real_people(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "people"
    header, *rows = (folder / "people.csv").read_text().splitlines()
    (tmp_path / "p.csv").write_text("\n".join([f"{header},label", *(f"{row},person" for row in rows)]))
    dataset = AnnotatedDataset.from_csv(
        tmp_path / "p.csv",
        images=folder / "photos",
        masks=folder / "masks",
        attributes=["gender"],
        roles={"person": "context"},
    )
    assert len(dataset) == 1712
    assert all(sample.regions[0].mask for sample in dataset.samples)
