# Writes smoothing.json: label smoothing by PyTorch (1.13) in float64, on the nets and batches of layers.json.
#   python3 tests/golden/smoothing.py
import json
import pathlib

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
HERE = pathlib.Path(__file__).parent
golden = json.loads((HERE / "layers.json").read_text())
sizes = golden["layerSizes"]
RATE = 0.1


def start():
    shapes = zip(sizes, sizes[1:])
    kernels = [torch.tensor(k).reshape(s) for k, s in zip(golden["initialKernels"], shapes)]
    biases = [torch.tensor(b) for b in golden["initialBiases"]]
    return [p.requires_grad_() for pair in zip(kernels, biases) for p in pair]


def logits(parameters, x):
    for at in range(0, len(parameters), 2):
        x = x @ parameters[at] + parameters[at + 1]
        if at + 2 < len(parameters):
            x = torch.relu(x)
    return x


def binary(share):
    # PyTorch has none: Keras's binary_crossentropy, t (1 - s) + s / 2
    return lambda z, t: F.binary_cross_entropy_with_logits(z, t * (1 - share) + share / 2)


def trace(loss, targets):
    parameters = start()
    losses = []
    for x, t in zip(golden["inputs"], targets):
        value = loss(logits(parameters, torch.tensor(x).reshape(-1, sizes[0])), t)
        gradients = torch.autograd.grad(value, parameters)
        losses.append(value.item())
        parameters = [(p - RATE * g).detach().requires_grad_() for p, g in zip(parameters, gradients)]
    flat = [p.detach().flatten().tolist() for p in parameters]
    return {"losses": losses, "finalKernels": flat[0::2], "finalBiases": flat[1::2]}


labels = [torch.tensor(batch) for batch in golden["labels"]]
shares = [torch.softmax(torch.tensor(batch).reshape(-1, sizes[-1]), 1) for batch in golden["targets"]]
bits = [(torch.tensor(batch).reshape(-1, sizes[-1]) > 0).double() for batch in golden["targets"]]
cases = []
for share in (0.1, 0.6):
    entropy = torch.nn.CrossEntropyLoss(label_smoothing=share)
    for name, loss, targets in (
        ("crossEntropy", entropy, labels),
        ("crossEntropy of shares", entropy, shares),
        ("binaryCrossEntropy", binary(share), bits),
    ):
        cases.append({"name": name, "labelSmoothing": share, **trace(loss, targets)})
about = "Six steps of SGD on layers.json's nets and batches, losses before each update; written by smoothing.py with PyTorch " + torch.__version__
(HERE / "smoothing.json").write_text(json.dumps({"about": about, "learningRate": RATE, "cases": cases}) + "\n")
