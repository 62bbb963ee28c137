"""What page one of a comparison says, word for word, for every outcome."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from typing import Any

import pytest

from auditor.analysis.comparison_answers import points, tell_accuracy, tell_cost
from auditor.analysis.comparison_trust import Grounds, find_moved, tell_trust
from auditor.analysis.comparison_words import conclude, judge_pair, name_cues
from tests.analysis.compared import NAMES, change, cue

WAYS = ("mean", "noise")
GAIN = "new is right more often: on 90 % of 400 images against 80 %, +10.0 points [+8.0, +12.0]."
LESS, MORE, OPEN = "candidate leans less", "baseline leans less", "cannot tell"
DECLARED = (
    "Only declared regions were hidden, and of whole pictures only colours and light were changed: what else either "
    "model leans on is not compared."
)


def grounds(**changes: Any) -> Grounds:
    facts = {"names": NAMES, "n": 400, "clusters": 400, "ways": WAYS, "core": ("coat",), "cues": ("face", "hair")}
    return Grounds(**(facts | changes))


def flips(region: str, sides: tuple[float, float], **keys: Any) -> list[Any]:
    facts = {"region": region, "outcome": "correct", "n": 300, "clusters": 300, **keys}
    return [change("flip_excess", sides, fill=way, **facts) for way in WAYS]


ACCURACY = change("accuracy", (0.8, 0.9))


@pytest.mark.parametrize(
    ("leanings", "told"),
    [
        ([LESS, "alike", OPEN], LESS), ([MORE, OPEN], MORE), ([LESS, MORE], "mixed"), (["alike", "alike"], "alike"),
        (["alike", OPEN], OPEN), ([OPEN], OPEN), ([], OPEN),
    ],
)  # fmt: skip
def test_all_cues_together(leanings: list[Any], told: str) -> None:
    assert conclude(leanings) == told


@pytest.mark.parametrize(
    ("cues", "leaning", "headline", "evidence", "cautions"),
    [
        (
            [cue("face", OPEN), cue("face", LESS, "gender"), cue("hair", LESS),
             cue("hair", LESS, "gender", p_adjusted=0)],
            LESS,
            "new leans less than old on face (with gender) and hair (alone and with gender).",
            ["What is said of hair gender.", "What is said of face gender.", "What is said of hair None."],
            ["On face (alone) it cannot be told which model leans less.",
             "Leaning less is not leaning not at all: the findings of each audit say what is left."],
        ),
        (
            [cue("face", MORE), cue("hair", "alike")],
            MORE,
            "new leans more than old on face.",
            ["What is said of face None."],
            ["On hair the models lean alike.",
             "Leaning less is not leaning not at all: the findings of each audit say what is left."],
        ),
        (
            [cue("face", LESS), cue("hair", MORE)],
            "mixed",
            "Each model leans less on something: new on face, old on hair.",
            ["What is said of face None.", "What is said of hair None."],
            ["Leaning less is not leaning not at all: the findings of each audit say what is left."],
        ),
        (
            [cue("face", "alike"), cue("hair", "alike")],
            "alike",
            "old and new lean alike on face and hair: differences are below the material margin.",
            ["What is said of face None.", "What is said of hair None."],
            ["Alike is no all-clear: two models that lean on the same cues are alike."],
        ),
        (
            [cue("face", "alike"), cue("hair", OPEN)],
            OPEN,
            ("Which of old and new leans less on declared cues cannot be told: no difference is shown, and none is "
            "ruled out."),
            ["What is said of face None.", "What is said of hair None."],
            [],
        ),
    ],
    ids=["less", "more", "mixed", "alike", "open"],
)  # fmt: skip
def test_every_leaning_has_its_words(
    cues: list[Any], leaning: str, headline: str, evidence: list[str], cautions: list[str]
) -> None:
    verdict = judge_pair([ACCURACY], [*cues, cue("coat", MORE, counts=False)], grounds=grounds())
    assert (verdict.leaning, verdict.headline) == (leaning, f"{headline} {GAIN}")
    assert verdict.evidence == evidence
    assert verdict.cautions == [*cautions, DECLARED]


UNHIDDEN = "nothing was hidden from old. Maps are compared below, but attention alone never tells what a model leans on"
FEW = "only 12 independent persons or sources are shared; at least 20 are needed, ideally 80 or more"
ONE_WAY = "2 ways of hiding must agree, and of those that count only mean was tried on both models"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"unhidden": ("old",)}, UNHIDDEN),
        ({"withheld": ("old", "new")}, "checks of the audit of old and new withhold what hiding does"),
        ({"clusters": 12}, FEW),
        ({"cues": ()}, "no region that both audits know was declared protected or an artefact"),
        ({"ways": ("mean",)}, ONE_WAY),
        ({"ways": ()}, "2 ways of hiding must agree, and no way of hiding that counts was tried on both models"),
    ],
    ids=["attention only", "withheld", "few", "none declared", "one way", "no way"],
)
def test_what_stands_in_the_way_is_said_first(changes: dict[str, Any], reason: str) -> None:
    """Even where a cue says otherwise, but for checks, which leave some of them standing."""
    told = OPEN if "withheld" in changes else LESS
    verdict = judge_pair([ACCURACY], [cue("face", told)], grounds=grounds(**changes))
    assert verdict.leaning == OPEN
    assert verdict.headline == f"Which of old and new leans less on declared cues cannot be told: {reason}. {GAIN}"
    assert verdict.evidence == [f"{reason[0].upper()}{reason[1:]}."]


def test_no_cue_that_counts_is_no_verdict() -> None:
    verdict = judge_pair([], [cue("coat", LESS, counts=False)], grounds=grounds())
    assert verdict.leaning == OPEN
    assert "no declared region was hidden in both audits. Their accuracy could not be compared." in verdict.headline
    assert verdict.cost == "Accuracy could not be compared."


def test_what_limits_a_verdict_is_said() -> None:
    found = judge_pair([], [], grounds=grounds(same_weights=True, blurred=("new",), aside=1234)).cautions
    assert found == [
        "Both audits are of the same weights: what differs comes of seeds, settings or data.",
        "Checks of the audit of new found its maps not to be relied on: where they lie says nothing here.",
        "1,234 images that only one of the models read are left aside.",
        DECLARED,
    ]


def test_many_cues_are_counted() -> None:
    assert name_cues([cue(f"r{k}", LESS) for k in range(7)]) == "r0, r1, r2 and 4 more regions"
    assert name_cues([cue("face", LESS, "age"), cue("face", LESS, "gender")]) == "face (with age and gender)"


LOSS = "new is right less often: on 80 % of 400 images against 90 %, -10.0 points [-12.0, -8.0]."
EVEN = "No difference in accuracy is shown: new is right on 91 % of 400 images against 90 %, +1.0 points [-1.0, +3.0]."


@pytest.mark.parametrize(("sides", "sentence"), [((0.8, 0.9), GAIN), ((0.9, 0.8), LOSS), ((0.9, 0.91), EVEN)])
def test_accuracy_goes_with_the_headline(sides: tuple[float, float], sentence: str) -> None:
    assert tell_accuracy([change("accuracy", sides, label="nurse"), change("accuracy", sides)], NAMES) == sentence


def test_the_cost_names_the_worst_group_and_groups_that_lose() -> None:
    group = {"label": "nurse", "attribute": "gender"}
    changes = [
        change("accuracy", (0.9, 0.85), p_value=0.0123),
        change("worst_group_accuracy", (0.6, 0.65), 0.1, attribute="gender"),
        change("accuracy", (0.9, 0.8), subgroup="man", n=100, **group),
        change("accuracy", (0.9, 0.89), subgroup="woman", **group),
    ]
    assert tell_cost(changes, NAMES) == (
        "new loses accuracy: -5.0 points [-7.0, -3.0] on 400 images, p = 0.012. In the worst group of label and gender "
        "it is right on 65 %, old on 60 %: +5.0 points [-5.0, +15.0]. By single intervals it is right less often where "
        "the label is nurse and gender is man (-10.0 points [-12.0, -8.0], n = 100)."
    )
    assert tell_cost([change("accuracy", (0.9, 0.91), p_value=0.4)], NAMES) == (
        "No change in accuracy is shown: +1.0 points [-1.0, +3.0] on 400 images, p = 0.400."
    )
    assert tell_cost([change("accuracy", (0.8, 0.9), p_value=1e-6)], NAMES) == (
        "new gains accuracy: +10.0 points [+8.0, +12.0] on 400 images, p < 0.001."
    )


MAPS = change("core_mass", (0.35, 0.54), target="predicted", outcome="correct", n=310)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            [*flips("coat", (0.1, 0.2)), MAPS, *flips("face", (0.2, 0.1))],
            (
                "Among images that both get right, new rests more on core regions: hiding coat changes more of its "
                "answers (answers changed beyond those of other areas, new minus old: coat +10.0 points [+8.0, +12.0], "
                "n = 300). The maps of new lie more on core regions than those of old: 54 % against 35 %, +19.0 points "
                "[+17.0, +21.0], n = 310. Hiding face changes fewer of new's answers (answers changed beyond those of "
                "other areas, new minus old: face -10.0 points [-12.0, -8.0], n = 300)."
            ),
        ),
        (
            flips("coat", (0.2, 0.1)),
            (
                "Among images that both get right, old rests more on core regions: hiding coat changes more of its "
                "answers (answers changed beyond those of other areas, new minus old: coat -10.0 points [-12.0, -8.0], "
                "n = 300)."
            ),
        ),
        (
            [*flips("coat", (0.1, 0.11)), change("core_mass", (0.5, 0.51), target="predicted", outcome="correct")],
            (
                "Among images that both get right, which rests more on core regions cannot be told (answers changed "
                "beyond those of other areas, new minus old: coat +1.0 points [-1.0, +3.0], n = 300). No difference is "
                "shown in how much of the maps lies on core regions, new against old: 51 % against 50 %, +1.0 points "
                "[-1.0, +3.0], n = 400."
            ),
        ),
        (
            [MAPS],
            (
                "Among images that both get right, which rests more on core regions cannot be told: hiding them says "
                "nothing here. The maps of new lie more on core regions than those of old: 54 % against 35 %, +19.0 "
                "points [+17.0, +21.0], n = 310."
            ),
        ),
    ],
    ids=["candidate", "baseline", "open", "attention only"],
)
def test_the_trust_question_is_answered_by_hiding(changes: list[Any], said: str) -> None:
    assert tell_trust(changes, grounds()) == said


def test_each_model_may_rest_more_on_some_core_region() -> None:
    changes = [*flips("coat", (0.1, 0.2)), *flips("tool", (0.2, 0.1))]
    assert tell_trust(changes, grounds(core=("coat", "tool"))).startswith(
        "Among images that both get right, new rests more on coat, old on tool (answers changed"
    )


def test_trust_needs_every_way_enough_cases_and_small_p() -> None:
    (one, other) = flips("coat", (0.1, 0.2))
    assert find_moved([one, other], ("coat",), grounds=grounds())[0].direction == 1
    assert find_moved([one], ("coat",), grounds=grounds()) == []
    assert find_moved([one, other], ("coat",), grounds=grounds(withheld=("new",))) == []
    for spoiled in (
        flips("coat", (0.1, 0.2), clusters=19),
        flips("coat", (0.1, 0.2), p_value=0.03),
        [one, *flips("coat", (0.1, 0.11))[1:]],
        [one, *flips("coat", (0.2, 0.1))[1:]],
    ):
        assert find_moved(spoiled, ("coat", "tool"), grounds=grounds(core=("coat", "tool")))[0].direction == 0


def test_trust_says_nothing_without_core_regions_nor_of_maps_that_failed() -> None:
    assert tell_trust([MAPS], grounds(core=())) == (
        "No region was declared core: which model rests more on what it should use cannot be told."
    )
    assert "maps" not in tell_trust([MAPS], grounds(blurred=("old",)))


def test_no_words_call_a_model_good_or_bad() -> None:
    forbidden = re.compile(r"\b(fair|unbiased|debias|proves?|better|worse)\b", re.IGNORECASE)
    for leanings in product([LESS, MORE, "alike", OPEN], repeat=2):
        cues = [cue(region, leaning) for region, leaning in zip(("face", "hair"), leanings, strict=True)]
        said = judge_pair([ACCURACY, *flips("coat", (0.1, 0.2)), MAPS], cues, grounds=grounds())
        assert not forbidden.search(said.model_dump_json()), said


def test_nothing_has_no_sign() -> None:
    assert [points(value) for value in (0.0004, -0.0004, 1.0, -1.0)] == ["0.0", "0.0", "+100.0", "-100.0"]
    for k in range(1, 2000, 2):  # halves as in tables and charts: the same number on one page
        told = str((Decimal(k) / 20).quantize(Decimal("0.1"), ROUND_HALF_UP))
        assert (points(k / 2000), points(-k / 2000)) == (f"+{told}", f"-{told}")


def test_a_failed_check_of_the_model_that_leans_more_is_a_caution_and_no_obstacle() -> None:
    verdict = judge_pair([ACCURACY], [cue("face", LESS)], grounds=grounds(withheld=("old",)))
    assert verdict.leaning == LESS
    assert "withhold" not in " ".join([verdict.headline, *verdict.evidence])
    assert any("hiding may do more there than was measured" in one for one in verdict.cautions)
