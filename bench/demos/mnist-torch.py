"""The healthy course on PyTorch: python3 mnist-torch.py FOLDER EPOCHS THREADS. Prints one JSON document."""
import json
import sys
import time

import numpy
import torch

folder, epochs, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(0)


def read(prefix):
    images = numpy.fromfile(f"{folder}/{prefix}-images-idx3-ubyte", dtype=numpy.uint8)[16:].reshape(-1, 784)
    labels = numpy.fromfile(f"{folder}/{prefix}-labels-idx1-ubyte", dtype=numpy.uint8)[8:]
    return torch.from_numpy(images.astype(numpy.float32) / 255), torch.from_numpy(labels.astype(numpy.int64))


x, y = read("train")
test_x, test_y = read("t10k")
widths = [784, 512, 512, 10]
layers = []
for inputs, units in zip(widths, widths[1:]):
    linear = torch.nn.Linear(inputs, units)
    torch.nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
    torch.nn.init.zeros_(linear.bias)
    layers += [linear, torch.nn.ReLU()]
network = torch.nn.Sequential(*layers[:-1])
optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
steps = epochs * -(-len(x) // 128)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
start = time.perf_counter()
for epoch in range(epochs):
    for rows in torch.randperm(len(x)).split(128):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(x[rows]), y[rows]).backward()
        optimizer.step()
        schedule.step()
seconds = time.perf_counter() - start
with torch.no_grad():
    accuracy = (network(test_x).argmax(1) == test_y).double().mean().item()
print(json.dumps({"version": torch.__version__, "accuracy": accuracy, "seconds": seconds}))
