"""A comparison tells of small groups, single people and names no more than the audit that it belongs to."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from auditor.documents.document import AttributeFacts, Document, serialise
from auditor.privacy.disclosure import Disclosure
from auditor.privacy.prose import LINE_LEFT_OUT
from auditor.privacy.publication import Wish, hash_name, redact
from auditor.privacy.redaction import WITHHELD
from auditor.privacy.suppression import THRESHOLD
from auditor.publishing.rendering import write_report
from auditor.result import read_document
from tests.report.comparisons_made import brightness, change, compared, comparison, cue, demo, estimate, pair, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.documents.comparisons import Comparison, Pair

SMALL = "island"
"""A value of an attribute that three people have."""
PUBLIC = Wish(public=True)
MODES = {
    "none": Disclosure(images="none"),
    "blur": Disclosure(images="blur-regions"),
    "hash": Disclosure(hash_ids=True),
    "public": Disclosure(preset="public"),
    "pictured": Disclosure(preset="public", images="blur-regions"),
}
EVERYTHING = ("html", "pdf", "markdown", "csv", "junit", "sarif", "card")


def derive(document: Document, wish: Wish = PUBLIC) -> Comparison:
    made = redact(document, wish, salt=b"salt", source_sha256="ab" * 32).document.comparison
    assert made is not None
    return made


def only(made: Comparison) -> Pair:
    (one,) = made.pairs
    return one


def islanded() -> Document:
    """The demo with an attribute of which one value is small, in numbers and in words."""
    document = compared()
    site = AttributeFacts(name="site", counts={SMALL: 3, "north": 197, "south": 200})
    data = document.data.model_copy(update={"attributes": [*document.data.attributes, site]})
    rows = [estimate("accuracy", 0.5, attribute="site", subgroup=value, n=n) for value, n in site.counts.items()]
    told = verdict(
        evidence=[f"On the {SMALL} 3 images tell", "Hiding face moves woman by 0.26 SD", "Hiding hair changes 4 %"],
        cost="Accuracy is 90 % against 82 %. In the worst group, it is 33 % against 67 %.",
        cautions=["3 images have no record", f"site {SMALL} has few images (3)", "Other photographs may differ."],
    )
    one = pair(
        verdict=told,
        changes=[
            *only_changes(),
            change("accuracy", 0.33, 0.67, attribute="site", subgroup=SMALL, n=3),
            change("accuracy", 0.5, 0.6, attribute="site", subgroup="north", n=197),
        ],
        cues=[cue("face", "protected"), cue("face", "protected", attribute="site", sentence=f"3 of the {SMALL}")],
    )
    made = {"data": data, "comparison": comparison(pairs=[one]), "estimates": [*document.estimates, *rows]}
    return document.model_copy(update=made)


def only_changes() -> list[Any]:
    return only(comparison()).changes


def text(made: Comparison) -> str:
    return made.model_dump_json()


def test_where_no_group_is_small_everything_on_groups_stays() -> None:
    plain, public = only(comparison()), only(derive(compared()))
    assert len(public.changes) == len(plain.changes)
    assert public.cues == plain.cues
    assert public.maps == plain.maps
    assert public.verdict == plain.verdict


def test_where_a_group_is_small_nothing_on_groups_stays() -> None:
    public = only(derive(islanded()))
    rows = [row for one in public.changes for row in (one.baseline, one.candidate, one.change)]
    assert rows
    assert {(row.label, row.attribute, row.subgroup) for row in rows} == {(None, None, None)}
    assert not any("worst" in row.statistic for row in rows)
    assert all(min(row.n, row.clusters) >= THRESHOLD for row in rows)
    assert public.maps == []


def test_a_cue_keeps_what_was_concluded_and_loses_its_numbers_where_it_sets_groups_apart() -> None:
    alone, with_site = only(derive(islanded())).cues
    assert alone.changes
    assert alone.size is not None
    assert (with_site.changes, with_site.size, with_site.p_adjusted) == ([], None, None)
    assert with_site.sentence == WITHHELD
    assert (with_site.leaning, with_site.fate) == ("candidate leans less", "disappeared")


def test_a_property_of_whole_pictures_loses_its_numbers_where_a_group_is_small() -> None:
    """Its shift counts the images of large labels alone: taken off all images, that leaves those of a small one."""
    whole = islanded()
    assert whole.comparison is not None
    both = whole.comparison.model_copy(update={"pairs": [pair(cues=[cue("face", "protected"), brightness()])]})
    hiding, changing = only(derive(whole.model_copy(update={"comparison": both}))).cues
    assert hiding.changes
    assert (changing.changes, changing.size, changing.p_adjusted, changing.sentence) == ([], None, None, WITHHELD)
    assert (changing.leaning, changing.fate) == (brightness().leaning, brightness().fate)
    told = derive(compared()).pairs[0].cues[-1]
    assert told.region == "(brightness)"
    assert told.changes


def test_prose_puts_no_number_to_the_name_of_any_group() -> None:
    public = only(derive(islanded()))
    words = public.verdict
    said = [words.headline, *words.evidence, words.trust, words.cost, *words.cautions]
    assert not any(
        re.search(rf"\b({SMALL}|site|woman|gender|doctor)\b", line) and re.search(r"\d", line) for line in said
    )
    assert LINE_LEFT_OUT in words.evidence
    assert "Hiding hair changes 4 %" in words.evidence
    assert words.cost == WITHHELD
    assert "Fewer than 5 images have no record" in words.cautions
    assert SMALL not in text(derive(islanded()))


@pytest.mark.parametrize("aside", [1, 4])
def test_few_images_left_aside_cannot_be_told_from_the_others(aside: int) -> None:
    """All images of the audit less all images of the comparison would be those of a few people."""
    document = compared()
    assert document.comparison is not None
    matching = document.comparison.matching.model_copy(update={"n": 400 - aside, "only": {"biased": aside}})
    cut = document.comparison.model_copy(update={"matching": matching})
    public = derive(document.model_copy(update={"comparison": cut}))
    one = only(public)
    assert one.changes == []
    assert all((part.changes, part.size, part.p_adjusted) == ([], None, None) for part in one.cues)
    assert public.matching.only == {}
    assert not re.search(r"\d", " ".join([one.verdict.headline, *one.verdict.evidence, one.verdict.trust]).replace(
        f"fewer than {THRESHOLD}", ""))  # fmt: skip


def test_where_many_images_were_left_aside_their_groups_cannot_be_had() -> None:
    document = compared()
    assert document.comparison is not None
    matching = document.comparison.matching.model_copy(update={"n": 380, "only": {"biased": 20}})
    public = derive(
        document.model_copy(update={"comparison": document.comparison.model_copy(update={"matching": matching})})
    )
    rows = [one.baseline for one in only(public).changes]
    assert rows
    assert all(row.label is None and row.attribute is None for row in rows)
    assert public.matching.only == {"biased": 20}


def test_a_region_that_few_images_show_is_in_no_number_and_no_sentence() -> None:
    document = compared()
    regions = [one.model_copy(update={"images": 3}) if one.name == "hair" else one for one in document.data.regions]
    document = document.model_copy(update={"data": document.data.model_copy(update={"regions": regions})})
    public = only(derive(document))
    assert not any(one.baseline.region == "hair" for one in public.changes)
    assert all(one.changes == [] and one.sentence == WITHHELD for one in public.cues if one.region == "hair")
    said = [public.verdict.headline, *public.verdict.evidence]
    assert not any("hair" in line and re.search(r"\d", line) for line in said)


def test_small_numbers_hide_all_groups_wherever_they_stand() -> None:
    small = change("mass", 0.2, 0.3, region="face", target="predicted", label="doctor", outcome="correct", n=3)
    public = only(derive(compared(pairs=[pair(changes=[*only_changes(), small])])))
    assert all(one.baseline.label is None for one in public.changes)
    assert not any(one.baseline.n == 3 for one in public.changes)


def test_single_images_are_left_out_and_counts_of_few_as_well() -> None:
    document = compared(pairs=[pair(n_disagree={"only the baseline is right": 3, "only the candidate is right": 61})])
    public = only(derive(document))
    assert public.examples == []
    assert "an image is a group of one" in public.example_rule
    assert public.n_disagree == {"only the candidate is right": 61}
    pictured = only(derive(document, Wish(public=True, pictured=True)))
    assert pictured.examples
    assert all(one.attributes == {} for one in pictured.examples)


def test_names_of_images_are_hashed_everywhere() -> None:
    told_of = verdict(cautions=["0392.jpg differs", "secret/anna.png is new"])
    document = compared(pairs=[pair(example_rule="First 0392.jpg, then others.", verdict=told_of)])
    made = redact(document, Wish(hash_ids=True), salt=b"salt", source_sha256="ab" * 32)
    assert made.document.comparison is not None
    told = text(made.document.comparison)
    assert "0392.jpg" not in told
    assert "anna.png" not in told
    names = [one.image_id for one in only(made.document.comparison).examples]
    assert all(re.fullmatch("image-[0-9a-f]{16}", name) for name in names)
    assert hash_name("0392.jpg", b"salt") in names
    assert all(made.paths[name].endswith(".jpg") for name in names)


def test_redaction_is_pure_counts_what_is_gone_and_is_not_done_twice() -> None:
    document = islanded()
    before = document.model_dump_json()
    one, other = (redact(document, PUBLIC, salt=b"s", source_sha256="ab" * 32).document for _ in range(2))
    assert document.model_dump_json() == before
    assert one == other == Document.model_validate(one.model_dump())
    assert redact(one, PUBLIC, salt=b"t", source_sha256="cd" * 32).document == one
    alone = redact(
        document.model_copy(update={"comparison": None}), PUBLIC, salt=b"s", source_sha256="ab" * 32
    ).document
    assert one.redaction is not None
    assert alone.redaction is not None
    assert one.redaction.numbers > alone.redaction.numbers
    assert one.redaction.maps > alone.redaction.maps
    assert one.redaction.examples == alone.redaction.examples + 12


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory, photos: Path) -> dict[str, Path]:
    """Every output of a comparison with a small group, in every mode."""
    home = tmp_path_factory.mktemp("compared") / "out"
    home.mkdir()
    (home / "audit.json").write_bytes(serialise(islanded()))
    for mode, disclosure in MODES.items():
        formats = EVERYTHING if mode == "public" else ("html", "csv")
        write_report(home, home.parent / mode, formats=formats, images=photos, disclosure=disclosure)
    return {mode: home.parent / mode for mode in MODES}


def unpacked(folder: Path) -> list[tuple[str, bytes]]:
    made = []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        content = path.read_bytes()
        made.append((path.name, content))
        made += [(path.name, base64.b64decode(found)) for found in re.findall(rb"base64,([A-Za-z0-9+/=]+)", content)]
        if path.suffix == ".pdf":
            reader = PdfReader(path)
            made.append((path.name, "\n".join(page.extract_text() for page in reader.pages).encode()))
            made += [(name, part) for name, parts in reader.attachments.items() for part in parts]
    return made


@pytest.mark.parametrize("mode", ["public", "pictured"])
def test_no_output_tells_of_the_small_group(reports: dict[str, Path], mode: str) -> None:
    derived = json.loads((reports[mode] / "audit.redacted.json").read_text(encoding="utf-8"))
    hidden = json.dumps(derived["redaction"]["groups"])
    assert SMALL in hidden  # named as hidden, and nowhere else
    told = [name for name, content in unpacked(reports[mode]) if name.endswith((".md", ".csv", ".sarif", ".xml"))
            and SMALL.encode() in content]  # fmt: skip
    assert told == []
    assert SMALL not in json.dumps(derived["comparison"])


@pytest.mark.parametrize("mode", ["hash", "public", "pictured"])
def test_no_output_names_an_image(reports: dict[str, Path], mode: str) -> None:
    names = [one.image_id.encode() for one in only(comparison()).examples]
    assert [name for name, content in unpacked(reports[mode]) if any(one in content for one in names)] == []


def test_photographs_are_blank_where_none_may_be_seen(reports: dict[str, Path]) -> None:
    def pictures(mode: str) -> set[bytes]:
        return {content for _, content in unpacked(reports[mode]) if content.startswith(b"\xff\xd8")}

    assert pictures("hash") - pictures("none")
    sharp = pictures("hash") - pictures("none")
    assert not sharp & pictures("public")
    assert not sharp & pictures("none")
    page = (reports["none"] / "report.html").read_text(encoding="utf-8")
    assert "Photographs are left out of this report" in page
    blurred = (reports["blur"] / "report.html").read_text(encoding="utf-8")
    assert "Pixelated on each photograph: face, hair" in blurred


def test_readers_are_told_that_it_is_the_public_version(reports: dict[str, Path]) -> None:
    page = (reports["public"] / "report.html").read_text(encoding="utf-8")
    assert "Comparison of image classifiers" in page
    assert "This is the public version" in page
    assert "This is the public version" in (reports["public"] / "summary.md").read_text(encoding="utf-8")
    assert list(PdfReader(reports["public"] / "report.pdf").attachments) == ["audit.redacted.json"]
    assert read_document(reports["public"] / "audit.redacted.json").comparison is not None


def test_the_demo_itself_has_no_comparison() -> None:
    assert demo("balanced").comparison is None
