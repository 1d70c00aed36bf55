"""PyTorch on one thread; speaks the same lines of JSON as peer.mjs. Usage: python3 torch_peer.py FOLDER"""
import json
import sys
import time
from itertools import cycle

import torch


def read_task(folder):
    with open(f"{folder}/task.json") as file:
        task = json.load(file)
    floats = torch.from_file(f"{folder}/task.f32", size=task["floats"], dtype=torch.float32)
    position = 0

    def take(*shape):
        nonlocal position
        count = torch.Size(shape).numel()
        position += count
        return floats[position - count : position].clone().reshape(shape)

    widths, batch, batches = task["widths"], task["batch"], task["batches"]
    labels = task["loss"] == "crossEntropy"
    x = [take(batch, widths[0]) for _ in range(batches)]
    y = [take(batch).long() if labels else take(batch, widths[-1]) for _ in range(batches)]
    layers = [(take(inputs, units), take(units)) for inputs, units in zip(widths, widths[1:])]
    return task, x, y, layers


def build(layers):
    modules = []
    for kernel, bias in layers:
        linear = torch.nn.Linear(*kernel.shape)
        with torch.no_grad():
            linear.weight.copy_(kernel.T)
            linear.bias.copy_(bias)
        modules += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def main(folder):
    torch.set_num_threads(1)
    task, x, y, layers = read_task(folder)
    network = build(layers)
    loss_of = torch.nn.CrossEntropyLoss() if task["loss"] == "crossEntropy" else torch.nn.MSELoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=task["learningRate"])
    batches = cycle(zip(x, y))

    def step(rows, wanted):
        optimizer.zero_grad()
        loss = loss_of(network(rows), wanted)
        loss.backward()
        optimizer.step()
        return loss

    def answer(value):
        print(json.dumps(value), flush=True)

    answer({"version": torch.__version__})
    for line in sys.stdin:
        order = json.loads(line)
        cpu, start = time.process_time(), time.perf_counter()
        if "losses" in order:
            result = {"losses": [step(x[0], y[0]).item() for _ in range(order["losses"])]}
        else:
            result = {}
            for _ in range(order["train"]):
                step(*next(batches))
        answer({**result, "seconds": time.perf_counter() - start, "cpuSeconds": time.process_time() - cpu})


main(sys.argv[1])
