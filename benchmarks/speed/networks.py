#!/usr/bin/env python3
"""CPU seconds per epoch of one symbolic network: balmer, TensorFlow with XLA, PyTorch, one core, float, taking turns.

The same network on all sides: SymbolNet's layers with thresholds on every weight, input and operator, the surrogate gradient, the adaptive
regulariser, softmax cross-entropy, Adam with step .0015. First the mean errors of the first free epochs are compared over three seeds; then the
sides take turns. `sparse` is balmer after nine weights in ten were pruned, gradients of pruned ones every fourth batch: the others multiply zeros.
The peers live in an environment of their own:

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install numpy tensorflow-cpu torch
    cmake --build build --target bench_speed_networks
    /tmp/peers/bin/python benchmarks/speed/networks.py build/benchmarks/speed/networks --output benchmarks/results/networks_speed.md
"""
import argparse
import gzip
import importlib.util
import multiprocessing
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[name] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPERATORS = ["sin", "cos", "exp", "gauss", "sinh", "cosh", "tanh"]
TARGETS = {"weight": .9, "input": .75, "unary": .6, "binary": .4}
CASES = {  # unary, binary, layers, batch; multiply-adds per row of forward pass and both gradients
    "jets, two layers u = b = 20": ("jets", 20, 20, 2, 1024),
    "jets, one layer u = b = 5": ("jets", 5, 5, 1, 1024),
    "MNIST, one layer u = 20, b = 5": ("mnist", 20, 5, 1, 256),
}


def jets(data):
    with np.load(data / "jets" / "replica_train.npz") as file:
        x, y = file["X"][:100_000].astype(float), file["y"][:100_000]
    return ((x - x.mean(0)) / x.std(0)).astype(np.float32), y.astype(np.int32), 5


def mnist(data):
    x = np.frombuffer(gzip.open(data / "mnist" / "train-images-idx3-ubyte.gz").read(), np.uint8, offset=16).reshape(-1, 784)
    y = np.frombuffer(gzip.open(data / "mnist" / "train-labels-idx1-ubyte.gz").read(), np.uint8, offset=8)
    return (x / 255).astype(np.float32), y.astype(np.int32), 10


def initial(seed, sizes, gain=0.7):
    random = np.random.default_rng(seed)
    return [(gain / np.sqrt(inputs) * random.normal(size=(inputs + 1, rows))).astype(np.float32) for inputs, rows in sizes]


def sizes_of(inputs, outputs, unary, binary, layers):
    sizes = [(inputs, unary + 2 * binary)] + [(unary + binary, unary + 2 * binary)] * (layers - 1)
    return sizes + [(unary + binary, outputs)]


class TensorFlow:
    def __init__(self, x, y, outputs, unary, binary, layers, batch, seed):
        import tensorflow as tf

        self.tf, self.batch, self.x, self.y = tf, batch, x, y
        self.random = np.random.default_rng(seed)
        weights = [tf.Variable(w) for w in initial(seed, sizes_of(x.shape[1], outputs, unary, binary, layers))]
        thresholds = [tf.Variable(tf.zeros_like(w)) for w in weights]
        inputs = tf.Variable(tf.zeros(x.shape[1]))
        unaries = [tf.Variable(tf.zeros(unary)) for _ in range(layers)]
        binaries = [tf.Variable(tf.zeros(binary)) for _ in range(layers)]
        variables = weights + thresholds + [inputs] + unaries + binaries
        moments = [(tf.Variable(tf.zeros_like(v)), tf.Variable(tf.zeros_like(v))) for v in variables]
        steps = tf.Variable(0.0)
        functions = {"sin": tf.sin, "cos": tf.cos, "exp": tf.exp, "gauss": lambda a: tf.exp(-a * a), "sinh": tf.sinh, "cosh": tf.cosh, "tanh": tf.tanh}

        @tf.custom_gradient
        def mask(a):
            s = tf.sigmoid(5 * a)
            return tf.cast(a > 0, tf.float32), lambda up: up * 5 * s * (1 - s)

        def columns(z):
            # One operator at a time over the columns that it was dealt.
            parts = [None] * unary
            for k, name in enumerate(OPERATORS):
                if k < unary:
                    values = functions[name](z[:, k:unary:len(OPERATORS)])
                    for n in range(values.shape[1]):
                        parts[k + n * len(OPERATORS)] = values[:, n]
            return tf.stack(parts, axis=1)

        def loss_of(a, codes, targets):
            a = a * mask(1 - inputs)
            for m, (w, t) in enumerate(zip(weights, thresholds)):
                used = w * mask(tf.abs(w) - t)
                z = a @ used[:-1] + used[-1]
                if m < layers:
                    keep_u, keep_b = mask(1 - unaries[m]), mask(1 - binaries[m])
                    u, p, q = z[:, :unary], z[:, unary::2], z[:, unary + 1::2]
                    a = tf.concat([columns(z) * keep_u + u * (1 - keep_u), p * q * keep_b + (p + q) * (1 - keep_b)], axis=1)
            error = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(codes, z))
            flat = tf.concat([tf.reshape(t, [-1]) for t in thresholds], 0)
            flat_w = tf.concat([tf.reshape(w, [-1]) for w in weights], 0)
            pressure = 0.0
            for kind, (value, pruned) in enumerate([(tf.reduce_mean(tf.exp(-flat)), tf.reduce_mean(tf.cast(tf.abs(flat_w) <= flat, tf.float32))),
                                                    *[(tf.exp(-tf.reduce_mean(t)), tf.reduce_mean(tf.cast(t >= 1, tf.float32)))
                                                      for t in (inputs, tf.concat(unaries, 0), tf.concat(binaries, 0))]]):
                goal = targets[kind]
                rest = tf.maximum(goal - tf.minimum(pruned, goal), 1e-12)
                pressure += tf.where(goal > 0, tf.exp(1 - (tf.maximum(goal, 1e-12) / rest) ** .01), 0.0) * value
            return error * (1 + pressure), error

        def step(a, codes, targets):
            with tf.GradientTape() as tape:
                loss, error = loss_of(a, codes, targets)
            steps.assign_add(1.0)
            for v, g, (first, second) in zip(variables, tape.gradient(loss, variables), moments):
                first.assign(.9 * first + .1 * g)
                second.assign(.999 * second + .001 * g * g)
                v.assign_sub(.0015 * (first / (1 - .9 ** steps)) / (tf.sqrt(second / (1 - .999 ** steps)) + 1e-8))
            for t in thresholds:
                t.assign(tf.maximum(t, 0.0))
            for t in [inputs, *unaries, *binaries]:
                t.assign(tf.clip_by_value(t, 0.0, 1.0))
            return error

        self.step = tf.function(step, jit_compile=True, autograph=False)

    def epoch(self, free):
        targets = self.tf.constant([0.0] * 4 if free else list(TARGETS.values()))
        order = self.random.permutation(len(self.x))[: len(self.x) // self.batch * self.batch]
        batches = [(self.x[rows], self.y[rows]) for rows in np.split(order, len(order) // self.batch)]
        start = time.process_time()
        errors = [self.step(a, codes, targets) for a, codes in batches]
        mean = float(np.mean([float(e) for e in errors]))
        return time.process_time() - start, mean


class PyTorch:
    def __init__(self, x, y, outputs, unary, binary, layers, batch, seed):
        import torch

        torch.set_num_threads(1)
        self.torch, self.batch = torch, batch
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y).long()
        self.random = np.random.default_rng(seed)
        make = lambda values: torch.nn.Parameter(torch.as_tensor(values))
        weights = [make(w) for w in initial(seed, sizes_of(x.shape[1], outputs, unary, binary, layers))]
        thresholds = [make(torch.zeros_like(w)) for w in weights]
        inputs = make(torch.zeros(x.shape[1]))
        unaries = [make(torch.zeros(unary)) for _ in range(layers)]
        binaries = [make(torch.zeros(binary)) for _ in range(layers)]
        functions = {"sin": torch.sin, "cos": torch.cos, "exp": torch.exp, "gauss": lambda a: torch.exp(-a * a), "sinh": torch.sinh, "cosh": torch.cosh, "tanh": torch.tanh}

        class Mask(torch.autograd.Function):
            @staticmethod
            def forward(context, a):
                context.save_for_backward(a)
                return (a > 0).float()

            @staticmethod
            def backward(context, up):
                s = torch.sigmoid(5 * context.saved_tensors[0])
                return up * 5 * s * (1 - s)

        mask = Mask.apply

        def loss_of(a, codes, targets):
            a = a * mask(1 - inputs)
            for m, (w, t) in enumerate(zip(weights, thresholds)):
                used = w * mask(w.abs() - t)
                z = torch.addmm(used[-1], a, used[:-1])
                if m < layers:
                    keep_u, keep_b = mask(1 - unaries[m]), mask(1 - binaries[m])
                    u, p, q = z[:, :unary], z[:, unary::2], z[:, unary + 1::2]
                    parts = [None] * unary
                    for k, name in enumerate(OPERATORS):
                        if k < unary:
                            for n, column in enumerate(functions[name](u[:, k::len(OPERATORS)]).unbind(1)):
                                parts[k + n * len(OPERATORS)] = column
                    values = torch.stack(parts, 1)
                    a = torch.cat([values * keep_u + u * (1 - keep_u), p * q * keep_b + (p + q) * (1 - keep_b)], 1)
            error = torch.nn.functional.cross_entropy(z, codes)
            flat, flat_w = torch.cat([t.reshape(-1) for t in thresholds]), torch.cat([w.reshape(-1) for w in weights])
            pressure = 0
            for kind, (value, pruned) in enumerate([(torch.exp(-flat).mean(), (flat_w.abs() <= flat).float().mean()),
                                                    *[(torch.exp(-t.mean()), (t >= 1).float().mean()) for t in (inputs, torch.cat(unaries), torch.cat(binaries))]]):
                goal = targets[kind]
                rest = goal - min(float(pruned), goal)
                if goal > 0 and rest > 0:
                    pressure = pressure + float(np.exp(1 - (goal / rest) ** .01)) * value
            return error * (1 + pressure), error

        self.loss_of, self.thresholds, self.others = loss_of, thresholds, [inputs, *unaries, *binaries]
        self.adam = torch.optim.Adam([*weights, *thresholds, *self.others], lr=.0015)

    def epoch(self, free):
        targets = [0.0] * 4 if free else list(TARGETS.values())
        order = self.torch.from_numpy(self.random.permutation(len(self.x))[: len(self.x) // self.batch * self.batch])
        batches = [(self.x[rows], self.y[rows]) for rows in order.split(self.batch)]
        start, errors = time.process_time(), []
        for a, codes in batches:
            loss, error = self.loss_of(a, codes, targets)
            self.adam.zero_grad(set_to_none=True)
            loss.backward()
            self.adam.step()
            with self.torch.no_grad():
                for t in self.thresholds:
                    t.clamp_(min=0)
                for t in self.others:
                    t.clamp_(0, 1)
            errors.append(error.detach())
        return time.process_time() - start, float(self.torch.stack(errors).mean())


def multiply_adds(inputs, outputs, unary, binary, layers):
    """Per row: the forward products, and for both gradients once more each; the first layer's inputs need none."""
    sizes = [(i + 1) * rows for i, rows in sizes_of(inputs, outputs, unary, binary, layers)]
    return 3 * sum(sizes) - sizes[0]


def peak():
    """Floating-point operations a second of numpy's matrix product in floats, the best of ten."""
    a = np.random.default_rng(0).normal(size=(1500, 1500)).astype(np.float32)
    times = []
    for _ in range(10):
        start = time.process_time()
        a @ a
        times.append(time.process_time() - start)
    return 2 * 1500 ** 3 / min(times)


class Balmer:
    def __init__(self, program, x, y, outputs, unary, binary, layers, batch, seed):
        self.file = tempfile.NamedTemporaryFile()
        weights = initial(seed, sizes_of(x.shape[1], outputs, unary, binary, layers))
        self.file.write(x.tobytes() + y.astype(np.float32).tobytes() + b"".join(w.tobytes() for w in weights))
        self.file.flush()
        self.child = subprocess.Popen([program, self.file.name, *map(str, (*x.shape, outputs, unary, binary, layers, batch, seed))],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, word):
        print(word, file=self.child.stdin, flush=True)
        seconds, error, live = self.child.stdout.readline().split()
        return float(seconds), float(error), int(live)

    def epoch(self, free):
        return self.say("free" if free else "dense")[:2]


class Apart:
    """A peer in a process of its own: TensorFlow's and PyTorch's copies of LLVM don't live in one."""

    def __init__(self, peer, *settings):
        self.here, there = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=answer, args=(there, peer, settings), daemon=True)
        self.process.start()

    def epoch(self, free):
        self.here.send(free)
        return self.here.recv()

    def end(self):
        self.here.send(None)
        self.process.join()


def answer(pipe, peer, settings):
    side = peer(*settings)
    try:
        while (free := pipe.recv()) is not None:
            pipe.send(side.epoch(free))
    except EOFError:
        pass  # the other end has gone


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--case", default="", help="only networks whose name holds this")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--output", type=pathlib.Path)
    arguments = parser.parse_args()
    peers = {name: peer for name, (peer, package) in {"TensorFlow + XLA": (TensorFlow, "tensorflow"), "PyTorch": (PyTorch, "torch")}.items()
             if importlib.util.find_spec(package)}
    lines = ["# Seconds per epoch of symbolic networks", "", "    " + "/tmp/peers/bin/python benchmarks/speed/networks.py build/benchmarks/speed/networks", "",
             " ".join(__doc__.split("\n\n")[1].split()), "", "CPU seconds, median (lowest to highest).", "",
             "| network | balmer | share of peak | balmer, sparse | " + " | ".join(peers) + " | ratios | errors after the free epochs |", "|---|---|---|---|" + "---|" * len(peers) + "---|---|"]
    flops = peak()
    lines[4] += f" Share of the core's peak: multiply-adds of the matrix products against {flops / 1e9:.0f} GFLOP/s of a large product in numpy."
    for label, (source, unary, binary, layers, batch) in CASES.items():
        if arguments.case not in label:
            continue
        x, y, outputs = {"jets": jets, "mnist": mnist}[source](arguments.data)
        errors = {}
        sides = {}
        for seed in range(arguments.seeds):
            settings = (x, y, outputs, unary, binary, layers, batch, seed)
            sides = {"balmer": Balmer(arguments.program, *settings), **{name: Apart(peer, *settings) for name, peer in peers.items()}}
            for name, side in sides.items():
                side.epoch(True)
                errors.setdefault(name, []).append(side.epoch(True)[1])
            if seed + 1 < arguments.seeds:
                for name in peers:
                    sides[name].end()
        means = {name: statistics.mean(found) for name, found in errors.items()}
        spread = max(0.02, 3 * max(statistics.stdev(found) if len(found) > 1 else 0 for found in errors.values()) / arguments.seeds ** .5)
        if max(means.values()) - min(means.values()) > spread:
            raise SystemExit(f"{label}: the sides learn differently: {means}")
        times = {name: [] for name in sides}
        for _ in range(arguments.rounds):
            for name, side in sides.items():
                times[name].append(side.epoch(True)[0])
        sparse = [sides["balmer"].say("sparse")[0] for _ in range(2)][-1]
        cell = lambda found: f"{statistics.median(found):.4f} ({min(found):.4f} to {max(found):.4f})"
        ratios = ", ".join(f"{statistics.median(times[name]) / statistics.median(times['balmer']):.1f}" for name in peers)
        share = 2 * len(x) * multiply_adds(x.shape[1], outputs, unary, binary, layers) / statistics.median(times["balmer"]) / flops
        lines.append(f"| {label} | {cell(times['balmer'])} | {share:.0%} | {sparse:.4f} | " + " | ".join(cell(times[name]) for name in peers) + f" | {ratios} | " +
                     ", ".join(f"{name} {mean:.4f}" for name, mean in means.items()) + " |")
        print(lines[-1], flush=True)
    if arguments.output:
        arguments.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
