"""Choice of the device, precision and denormal numbers."""

import contextlib

import pytest
import torch

from skseq.training.devices import autocast, choose_device, without_denormals


def test_cpu_is_always_present():
    assert choose_device("cpu") == torch.device("cpu")


def test_auto_uses_a_gpu_if_present(monkeypatch):
    for cuda, mps, expected in [
        (True, True, "cuda"),
        (False, True, "mps"),
        (False, False, "cpu"),
    ]:
        monkeypatch.setattr(torch.cuda, "is_available", lambda cuda=cuda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda mps=mps: mps)
        assert choose_device("auto") == torch.device(expected)


@pytest.mark.parametrize("device", ["gpu", "cuda:x", "", "CPU "])
def test_unknown_device_raises(device):
    with pytest.raises(ValueError, match=f"device='{device}' is not a device of torch"):
        choose_device(device)


def test_absent_device_raises(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(
        ValueError,
        match=r"device='cuda:2' is not present on this machine, which has 'cpu', 'cuda:0', "
        r"'cuda:1'\. Use device='auto'",
    ):
        choose_device("cuda:2")
    for device in ("mps", "meta", "xpu"):
        with pytest.raises(ValueError, match=f"device='{device}' is not present"):
            choose_device(device)


def test_precision_applies_to_matrix_products():
    a = torch.ones(2, 2)
    with autocast(torch.device("cpu"), "bfloat16"):
        assert (a @ a).dtype == torch.bfloat16
    assert (a @ a).dtype == torch.float32
    assert isinstance(autocast(torch.device("cpu"), "float32"), contextlib.nullcontext)


@pytest.mark.parametrize("before", [False, True])
def test_denormals_are_zero_within_the_block_only(before):
    tiny = torch.tensor(2e-38)
    torch.set_flush_denormal(before)
    try:
        with contextlib.suppress(KeyError), without_denormals():
            assert float(tiny * 0.25) == 0.0
            raise KeyError
        assert (float(tiny * 0.25) == 0.0) is before
    finally:
        torch.set_flush_denormal(False)
