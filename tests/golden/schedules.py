# Writes schedules.json: the rates of PyTorch's schedulers, stepped after each update (or epoch), of an optimizer's rate of 0.5.
# python3 tests/golden/schedules.py; PyTorch 1.13
import json
import os
import torch
from torch.optim.lr_scheduler import (
    CosineAnnealingLR, CosineAnnealingWarmRestarts, LinearLR, MultiStepLR, OneCycleLR, ReduceLROnPlateau, SequentialLR, StepLR,
)

RATE, STEPS_PER_EPOCH, EPOCHS = 0.5, 7, 12
TOTAL = STEPS_PER_EPOCH * EPOCHS
LOSSES = [1.0, 0.9, 0.9, 0.95, 0.89995, 0.92, 0.8, 0.81, 0.82, 0.83, 0.84, 0.85]


def optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=RATE)


def by_step(make):
    o = optimizer()
    scheduler = make(o)
    rates = []
    for step in range(TOTAL):
        rates.append(o.param_groups[0]["lr"])
        o.step()
        if step < TOTAL - 1:
            scheduler.step()
    return rates


def by_epoch(make, watches=False):
    o = optimizer()
    scheduler = make(o)
    rates = []
    for epoch in range(EPOCHS):
        rates += [o.param_groups[0]["lr"]] * STEPS_PER_EPOCH
        o.step()
        scheduler.step(LOSSES[epoch]) if watches else scheduler.step()
    return rates


def warm_cosine(o):
    warm = LinearLR(o, start_factor=0.1, end_factor=1.0, total_iters=14)
    return SequentialLR(o, [warm, CosineAnnealingLR(o, T_max=TOTAL - 14, eta_min=0.02)], milestones=[14])


cases = {
    "cosine": by_step(lambda o: CosineAnnealingLR(o, T_max=TOTAL, eta_min=0.01)),
    "cosine, restarts": by_step(lambda o: CosineAnnealingWarmRestarts(o, T_0=2 * STEPS_PER_EPOCH, T_mult=2, eta_min=0.05)),
    "stepDecay": by_epoch(lambda o: StepLR(o, step_size=5, gamma=0.3)),
    "stepDecay, after": by_epoch(lambda o: MultiStepLR(o, milestones=[3, 4, 9], gamma=0.2)),
    "warmup": by_step(lambda o: LinearLR(o, start_factor=0.25, end_factor=1.0, total_iters=10)),
    "warmup, cosine": by_step(warm_cosine),
    "oneCycle": by_step(lambda o: OneCycleLR(o, max_lr=RATE, total_steps=TOTAL)),
    "oneCycle, all options": by_step(
        lambda o: OneCycleLR(o, max_lr=RATE, total_steps=TOTAL, pct_start=0.45, div_factor=5, final_div_factor=50)
    ),
    "reduceOnPlateau": by_epoch(lambda o: ReduceLROnPlateau(o, factor=0.1, patience=1), True),
    "reduceOnPlateau, all options": by_epoch(
        lambda o: ReduceLROnPlateau(
            o, factor=0.5, patience=0, threshold=0.06, threshold_mode="abs", cooldown=2, min_lr=0.15
        ),
        True,
    ),
}
here = os.path.dirname(os.path.abspath(__file__))
about = "Made by schedules.py, which says how, with PyTorch " + torch.__version__ + ": the rate of each step."
out = {"about": about, "rate": RATE, "stepsPerEpoch": STEPS_PER_EPOCH, "losses": LOSSES, "cases": cases}
json.dump(out, open(os.path.join(here, "schedules.json"), "w"))
