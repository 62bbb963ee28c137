"""What a caller of the Python API hands over is refused in one line, before anything is loaded or made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import torch

import auditor
from auditor import testing
from auditor.audits.arguments import take_options
from auditor.errors import UsageError
from auditor.evidence.engines.base import check_devices, list_devices
from auditor.runs import Shard

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> tuple[auditor.LoadedModel, auditor.AnnotatedDataset]:
    folder = testing.plant(tmp_path_factory.mktemp("planted"), count=8, seed=3)
    seen = auditor.Preprocessing(resize=(48, 64), crop=None, mean=(0, 0, 0), std=(1, 1, 1))
    model = auditor.load_model(testing.colour_model(), classes=testing.CLASSES, preprocessing=seen, target_layer="see")
    return model, auditor.AnnotatedDataset.from_csv(folder / "annotations.csv", images=folder / "photos")


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"seed": -1}, r"audit\.seed: input should be greater than or equal to 0, found -1"),
        ({"attributes": "site"}, r"audit\.attributes: input should be a valid list, found 'site'"),
        ({"interventions": 0}, r'interventions: a mapping such as \{"images": 0\} is expected, found 0'),
        ({"interventions": {"image": 0}}, r"interventions\.image: no such key; nearest: 'images'"),
        ({"report": {"positiv": "red"}}, r"report\.positiv: no such key; nearest: 'positive'"),
        ({"report": ["positive"]}, r"report: a mapping is expected"),
        ({"declared": {"intended": "x"}}, r"declared\.intended: no such key; nearest: 'intended_use'"),
        ({"shard": "5/4"}, r"a shard is written i/N .* found '5/4'"),
        ({"devices": ["gpu"]}, r"devices: 'gpu' is not there"),
        ({"devices": "gpu"}, r"devices: 'gpu' is not there"),
        ({"skipbad": True}, r"no such option: 'skipbad'; nearest: 'skip_bad'; there are resume, force"),
        ({"resume": True, "force": True}, r"choose one of them"),
    ],
)
def test_a_callers_mistake_is_one_line(
    subject: tuple[auditor.LoadedModel, auditor.AnnotatedDataset], tmp_path: Path, given: dict[str, Any], fault: str
) -> None:
    with pytest.raises(UsageError, match=fault):
        auditor.audit(*subject, out=tmp_path / "out", **given)
    assert not (tmp_path / "out").exists()


def test_model_and_dataset_have_an_order(subject: tuple[Any, Any]) -> None:
    model, dataset = subject
    with pytest.raises(UsageError, match=r"model: expected LoadedModel, .* AnnotatedDataset; the order is audit\(mod"):
        auditor.audit(dataset, model)
    with pytest.raises(UsageError, match=r"dataset: expected AnnotatedDataset, as .* gives it; found NoneType$"):
        auditor.audit(model, None)  # type: ignore[arg-type]  # that is the mistake


def test_a_run_takes_no_unknown_option(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such option: 'skipbad'; nearest: 'skip_bad'"):
        auditor.run(tmp_path / "none.toml", out=tmp_path / "out", skipbad=True)  # type: ignore[call-arg]


def test_a_shard_may_be_written() -> None:
    assert take_options({"shard": "2/4"})["shard"] == Shard(2, 4)  # type: ignore[typeddict-item]
    assert take_options({"devices": "cpu"})["devices"] == ["cpu"]
    assert list(take_options({})["devices"]) == []


def test_an_accelerator_is_named_with_or_without_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda **_: torch.device("cuda"))
    monkeypatch.setattr(torch.accelerator, "device_count", lambda: 2)
    assert list_devices() == ["cpu", "cuda", "cuda:0", "cuda:1"]
    check_devices(["cuda:0", "cuda:1", "cpu"])
    with pytest.raises(UsageError, match="'cuda:2' is not there; expected of this machine's cpu, cuda, cuda:0, cuda:1"):
        check_devices(["cuda:0", "cuda:2"])
