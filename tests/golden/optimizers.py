# Writes optimizers.json: traces of optimizers in float64, of the net and the rows of training.json (ReLU, cross-entropy).
# Adamax and Adagrad are PyTorch's; NAdam is as PyTorch 2 has it and documents it (1.13 multiplies mu into the next product
# once more); Lion, which it lacks, is the formula of Chen et al. 2023, algorithm 2.
# python3 tests/golden/optimizers.py; PyTorch 1.13
import json
import os
import torch

torch.set_default_dtype(torch.float64)
here = os.path.dirname(os.path.abspath(__file__))
golden = json.load(open(os.path.join(here, "training.json")))
sizes = golden["layerSizes"]
x = torch.tensor(golden["inputs"]).reshape(-1, sizes[0])
labels = torch.tensor(golden["labels"])


class Lion(torch.optim.Optimizer):
    def __init__(self, parameters, lr, betas=(0.9, 0.99), weight_decay=0.0):
        super().__init__(parameters, dict(lr=lr, betas=betas, weight_decay=weight_decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                c = beta1 * m + (1 - beta1) * p.grad
                assert ((c == 0) | (c.abs() > 1e-6)).all()  # no sign that float32 may see otherwise
                p.add_(c.sign() + group["weight_decay"] * p, alpha=-group["lr"])
                m.mul_(beta2).add_(p.grad, alpha=1 - beta2)


class NAdam(torch.optim.Optimizer):
    def __init__(self, parameters, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, momentum_decay=4e-3):
        given = dict(lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay)
        super().__init__(parameters, given)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            mu_at = lambda t: beta1 * (1.0 - 0.5 * 0.96 ** (t * group["momentum_decay"]))
            for p in group["params"]:
                s = self.state[p]
                if not s:
                    s.update(t=0, product=1.0, m=torch.zeros_like(p), v=torch.zeros_like(p))
                s["t"] += 1
                t, m, v = s["t"], s["m"], s["v"]
                g = p.grad + group["weight_decay"] * p
                s["product"] *= mu_at(t)
                m.mul_(beta1).add_(g, alpha=1 - beta1)
                v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
                denom = v.div(1 - beta2**t).sqrt().add_(group["eps"])
                p.addcdiv_(g, denom, value=-group["lr"] * (1.0 - mu_at(t)) / (1.0 - s["product"]))
                p.addcdiv_(m, denom, value=-group["lr"] * mu_at(t + 1) / (1.0 - s["product"] * mu_at(t + 1)))


CASES = {
    "nadam": (NAdam, dict(lr=0.01)),
    "nadam, all options": (
        NAdam,
        dict(lr=0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.01, momentum_decay=0.5),
    ),
    "adamax": (torch.optim.Adamax, dict(lr=0.01)),
    "adamax, all options": (torch.optim.Adamax, dict(lr=0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.01)),
    "adagrad": (torch.optim.Adagrad, dict(lr=0.05)),
    "adagrad, all options": (
        torch.optim.Adagrad,
        dict(lr=0.1, lr_decay=0.1, weight_decay=0.01, initial_accumulator_value=0.02, eps=1e-6),
    ),
    "lion": (Lion, dict(lr=0.005)),
    "lion, all options": (Lion, dict(lr=0.005, betas=(0.8, 0.95), weight_decay=0.1)),
}


def train(make, options):
    kernels = [
        torch.tensor(flat).reshape(sizes[i], sizes[i + 1]).requires_grad_()
        for i, flat in enumerate(golden["initialKernels"])
    ]
    biases = [torch.tensor(bias).requires_grad_() for bias in golden["initialBiases"]]
    optimizer = make([*kernels, *biases], **options)
    losses = []
    for _ in range(golden["steps"]):
        h = x
        for i, (kernel, bias) in enumerate(zip(kernels, biases)):
            h = h @ kernel + bias
            if i < len(kernels) - 1:
                h = torch.relu(h)
        loss = torch.nn.functional.cross_entropy(h, labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    rounded = lambda tensors: [[round(value, 12) for value in each.detach().flatten().tolist()] for each in tensors]
    return {
        "losses": [round(value, 12) for value in losses],
        "finalKernels": rounded(kernels),
        "finalBiases": rounded(biases),
    }


cases = [{"name": name, **train(make, options)} for name, (make, options) in CASES.items()]
about = "Made by optimizers.py, which says how, with PyTorch " + torch.__version__ + "."
json.dump({"about": about, "cases": cases}, open(os.path.join(here, "optimizers.json"), "w"))
