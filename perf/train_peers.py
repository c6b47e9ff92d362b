#!/usr/bin/env python3
"""Times the same training step (Adam) here and in PyTorch 2, one step each by turns.

    perf/train_peers.py [--train build/perf/train] [--python PY] [--model M] [--shape 2x3x256x256]
                        [--precision f32|bf16] [--rounds 7] [--threads 2] [--json]

Competitors: perf/train, PyTorch eager and PyTorch compiled, both channels last; with --precision bf16
they train under autocast, weights and moments in f32 as here. Each is a process of its own
that waits for its turn, so that all see the same noise; medians are compared, and the peak resident memory of each
process is printed. --python names an interpreter that has torch; the default is the one that runs this script.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

# Model: shape of perf/train's own case. Here, since this script starts without torch.
SHAPES = {"damage-unet": (2, 3, 256, 256), "fundus-unet": (8, 3, 96, 96), "unet3d-a": (1, 4, 64, 64, 64)}


def worker(model, mode, shape, precision, threads):
    """One step for each line on standard input, one JSON line for each step."""
    import torch
    from peer_networks import CASES, target_of

    torch.set_num_threads(threads)
    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    network_class, loss_of = CASES[model]
    layout = torch.channels_last_3d if len(shape) == 5 else torch.channels_last
    network = network_class().to(memory_format=layout).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-4)
    image = torch.rand(shape).contiguous(memory_format=layout)
    with torch.no_grad():
        target = target_of(model, network(image[:1]).expand(shape[0], *[-1] * (len(shape) - 1)))
    run = torch.compile(network) if mode == "compiled" else network
    for _ in sys.stdin:
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=precision == "bf16"):
            logits = run(image)
        loss = loss_of(logits.float(), target)
        loss.backward()
        optimizer.step()
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"seconds": seconds, "loss": loss.item(), "peak_bytes": peak}), flush=True)


class Competitor:
    def __init__(self, name, command):
        self.name, self.times, self.last = name, [], None
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL)

    def turn(self, counts):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} stopped; run it alone to see why: {' '.join(self.process.args)}")
        self.last = json.loads(line)
        if counts:
            self.times.append(self.last["seconds"])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def compare(options, model, default_shape):
    shape = options.shape or "x".join(map(str, default_shape))
    peer = [options.python, __file__, "--model", model, "--shape", shape, "--threads", str(options.threads),
            "--precision", options.precision]
    competitors = [
        Competitor("burin", [options.train, "--turns", "--model", model, "--shape", shape,
                             "--threads", str(options.threads), "--precision", options.precision]),
        Competitor("torch eager", peer + ["--worker", "eager"]),
        Competitor("torch compiled", peer + ["--worker", "compiled"]),
    ]
    for turn in range(-2, options.rounds):  # two turns for compilation and caches
        for competitor in competitors:
            competitor.turn(turn >= 0)
    for competitor in competitors:
        competitor.close()
    ours, *peers = competitors
    medians = {c.name: statistics.median(c.times) for c in competitors}
    best = min(peers, key=lambda c: medians[c.name])
    report = {
        "model": model, "shape": shape, "precision": options.precision, "threads": options.threads, "rounds": options.rounds,
        "seconds": medians, "peak_bytes": {c.name: c.last["peak_bytes"] for c in competitors},
        "ratio": medians[best.name] / medians["burin"],
        "peak_ratio": ours.last["peak_bytes"] / min(p.last["peak_bytes"] for p in peers),
    }
    if options.json:
        print(json.dumps(report), flush=True)
        return
    print(f"{model} {shape}, {options.precision}, {options.threads} threads, median of {options.rounds} turns")
    for c in competitors:
        print(f"  {c.name:15} {medians[c.name] * 1e3:9.1f} ms   peak {c.last['peak_bytes'] / 1e6:7.0f} MB")
    print(f"  {report['ratio']:.2f}x the speed of {best.name}, {report['peak_ratio']:.2f}x the memory of the smaller")


def main():
    parser = argparse.ArgumentParser(description="training steps by turns: perf/train and PyTorch")
    parser.add_argument("--train", default="build/perf/train", help="our program")
    parser.add_argument("--python", default=sys.executable, help="an interpreter that has torch")
    parser.add_argument("--model", help="damage-unet, fundus-unet or unet3d-a; default all")
    parser.add_argument("--shape", help="NxCxHxW, of a volume NxCxDxHxW")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--worker", choices=["eager", "compiled"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        worker(options.model, options.worker, [int(s) for s in options.shape.split("x")], options.precision,
               options.threads)
        return
    if options.model and options.model not in SHAPES:
        parser.error(f"--model: expected {' or '.join(SHAPES)}, got {options.model}")
    for model, shape in SHAPES.items():
        if options.model in (None, model):
            compare(options, model, shape)


if __name__ == "__main__":
    main()
