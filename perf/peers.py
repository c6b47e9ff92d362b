#!/usr/bin/env python3
"""The same ONNX files on this engine and on ONNX Runtime, OpenVINO and PyTorch, by turns in one run.

    perf/peers.py [--python PY] [--models damage-unet@512,resnet18] [--precision f32,bf16] [--rounds 9] [--quick]
                  [--threads 2] [--engines onnxruntime,openvino] [--burin build/burin] [--tune] [--folder DIR] [--throughput]
                  [--to NAME]

Every engine is a process of its own on the same processors, with the same number of threads, that waits for its turn;
a pause of 50 ms before each turn lets the threads of the one before fall asleep. Medians are compared. Writes a table in
Markdown and one in JSON (--to). --python names an interpreter that has onnx, onnxruntime, openvino, torch and torchvision;
without it a scratch environment is made from PyPI in --folder. docs/measuring.md says how to read the table.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from peer_models import NAMES, TORCHVISION, file_of

HERE = pathlib.Path(__file__).parent
PACKAGES = ["numpy", "onnx", "onnxruntime", "openvino", "torch", "torchvision"]
# By precision; PyTorch in channels last, OpenVINO with its precision hint, bf16 by autocast.
PEERS = {"f32": ["onnxruntime", "openvino", "torch-eager", "torch-compiled"],
         "bf16": ["openvino", "torch-eager", "torch-compiled"]}


def interpreter(options):
    if options.python:
        return options.python
    venv = pathlib.Path(options.folder) / "venv"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet"] + PACKAGES, check=True)
    return str(python)


class Engine:
    """One process; `facts` is its first line, `turns` the others."""

    def __init__(self, name, command, processors, log):
        self.name, self.turns, self.facts, self.output = name, [], None, None
        environment = dict(os.environ, OMP_NUM_THREADS=str(len(processors)))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                        env=environment,
                                        preexec_fn=lambda: os.sched_setaffinity(0, processors))
        self.facts = self.read()

    def read(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line.startswith("{") else None

    def turn(self, runs):
        self.process.stdin.write(f"{runs}\n")
        self.process.stdin.flush()
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def report(self):
        times = [t["ms"] for t in self.turns]
        return {"median_ms": statistics.median(times), "min_ms": min(times),
                "images_per_s": statistics.median(1e3 * t["images"] / t["wall_ms"] for t in self.turns),
                "load_ms": self.facts["load_ms"], "first_ms": self.facts["first_ms"],
                "peak_rss_mb": max(t["peak_rss_mb"] for t in self.turns)}


def our_command(options, path, shapes, precision, streams):
    return [options.burin, "bench", str(path), "--shape", shapes, "--threads", str(options.threads), "--precision",
            precision, "--streams", str(streams), "--rounds-from-stdin"] + (["--tune"] if options.tune else [])


def peer_command(options, name, path, engine, precision, hint="latency"):
    command = [options.interpreter, str(HERE / "peer_worker.py"), "--engine", engine, "--model", str(path), "--inputs",
               str(path.with_suffix(".npz")), "--precision", precision, "--hint", hint, "--threads",
               str(options.threads), "--output", str(path.with_suffix(f".{engine}.{precision}.npy"))]
    return command + (["--network", name] if name in TORCHVISION else [])


def read_once(path):
    """Whoever loads the file first would wait for the disk alone."""
    with open(path, "rb") as file:
        while file.read(1 << 24):
            pass


def start_engines(options, name, path, shapes, precision, log):
    read_once(path)
    commands = {"burin": our_command(options, path, shapes, precision, 1)}
    commands |= {engine: peer_command(options, name, path, engine, precision) for engine in options.peers[precision]}
    if options.throughput:
        commands["burin throughput"] = our_command(options, path, shapes, precision, options.threads)
        commands["openvino throughput"] = peer_command(options, name, path, "openvino", precision, "throughput")
    engines, failed = [], []
    for engine, command in commands.items():
        started = Engine(engine, command, options.processors, log)
        if started.facts is None and engine == "burin":
            sys.exit(f"{name}: burin stopped; see {log.name}")
        (engines if started.facts else failed).append(started)
    return engines, [engine.name for engine in failed]


def compare_outputs(options, name, path, precision):
    """Relative L2 error and largest difference over the largest value, against ONNX Runtime in f32."""
    outputs = {engine: path.with_suffix(f".{engine}.{precision}.npy") for engine in options.peers[precision]}
    outputs["burin"] = path.with_suffix(f".burin.{precision}.npy")
    inputs = [f"{p.suffixes[-2][1:]}={p}" for p in sorted(path.parent.glob(path.stem + ".*.npy"))
              if p.name.count(".") == 2]
    subprocess.run([options.burin, "run", str(path), "--precision", precision, "--input", *inputs, "--output",
                    str(outputs["burin"])], check=False, stdout=subprocess.DEVNULL)
    script = """
import json, os, sys, numpy
want = numpy.load(sys.argv[1]).astype(numpy.float64)
errors = {}
for word in sys.argv[2:]:
    name, _, file = word.partition("=")
    if os.path.exists(file):
        d = numpy.load(file).astype(numpy.float64) - want
        errors[name] = {"relative_l2": float(numpy.linalg.norm(d) / numpy.linalg.norm(want)),
                        "largest": float(abs(d).max() / abs(want).max())}
print(json.dumps(errors))"""
    reference = path.with_suffix(".onnxruntime.f32.npy")
    if not reference.exists():
        Engine("reference", peer_command(options, name, path, "onnxruntime", "f32"), options.processors, None).close()
    found = subprocess.run([options.interpreter, "-c", script, str(reference)] +
                           [f"{k}={v}" for k, v in outputs.items()], capture_output=True, text=True, check=True)
    return json.loads(found.stdout)


def take_turns(options, engines):
    """Rounds of one turn each; a turn of a fast model is several runs, 100 ms or more."""
    for engine in engines:
        engine.turn(1)
    fastest = min(engine.turn(1)["ms"] for engine in engines)
    runs = max(1, min(200, int(100 / max(fastest, 1e-3))))
    for _ in range(options.rounds):
        for engine in engines:
            time.sleep(0.05)
            engine.turns.append(engine.turn(runs))


def time_model(options, name, precision, peaks, log):
    made = subprocess.run([options.interpreter, str(HERE / "peer_models.py"), name, options.folder, options.burin],
                          stdout=subprocess.PIPE, stderr=log, text=True, check=True)
    path, shapes = file_of(name, options.folder), made.stdout.strip().splitlines()[-1]
    engines, failed = start_engines(options, name, path, shapes, precision, log)
    take_turns(options, engines)
    for engine in engines:
        engine.close()
    report = {"model": name, "shape": shapes, "precision": precision, "failed": failed,
              "engines": {e.name: e.report() for e in engines}}
    report["outputs"] = compare_outputs(options, name, path, precision)
    ours = report["engines"]["burin"]
    peers = {e: r["median_ms"] for e, r in report["engines"].items() if e in options.peers[precision]}
    best = min(peers, key=peers.get)
    report |= {"best_peer": best, "ratio": peers[best] / ours["median_ms"],
               "gflops": 2e-6 * engines[0].facts["macs"] / ours["median_ms"]}
    report["peak_share"] = report["gflops"] / peaks[precision]
    if options.throughput:
        report["throughput_ratio"] = (report["engines"]["burin throughput"]["images_per_s"] /
                                      report["engines"]["openvino throughput"]["images_per_s"])
    limit = {"relative_l2": 1e-4, "largest": 1e-3}
    if precision == "f32":
        report["agrees"] = all(report["outputs"]["burin"][k] <= v for k, v in limit.items())
    return report


def markdown(reports):
    lines = ["| model | precision | burin, ms | best peer, ms | ratio | of peak | error | RSS, MB | load + first, ms |",
             "|---|---|---|---|---|---|---|---|---|"]
    for r in reports:
        ours, best = r["engines"]["burin"], r["engines"][r["best_peer"]]
        pair = [f"{e['peak_rss_mb']:.0f}" for e in (ours, best)]
        start = [f"{e['load_ms']:.0f} + {e['first_ms']:.0f}" for e in (ours, best)]
        errors = [f"{r['outputs'][e]['relative_l2']:.1e}" for e in ("burin", r["best_peer"]) if e in r["outputs"]]
        lines.append(f"| {r['model']} | {r['precision']} | {ours['median_ms']:.2f} | {r['best_peer']} "
                     f"{best['median_ms']:.2f} | {r['ratio']:.2f} | {100 * r['peak_share']:.0f} % | "
                     f"{' / '.join(errors)} | {' / '.join(pair)} | {' / '.join(start)} |")
    lines += ["", "Medians by engine, ms; images per second in brackets where the throughput hint is used:", ""]
    for r in reports:
        each = [f"{name} {e['median_ms']:.2f} (min {e['min_ms']:.2f}" +
                (f", {e['images_per_s']:.2f}/s)" if "throughput" in name else ")") for name, e in r["engines"].items()]
        lines.append(f"- {r['model']} {r['precision']}: " + ", ".join(each) +
                     (f"; stopped: {', '.join(r['failed'])}" if r["failed"] else ""))
    return "\n".join(lines) + "\n"


def measured_peaks(options):
    found = subprocess.run([options.burin, "machine", "--peaks", "--json", "--threads", str(options.threads)],
                           stdout=subprocess.PIPE, text=True, check=True)
    best = {"cpu": json.loads(found.stdout)["cpu"]}
    for peak in json.loads(found.stdout)["peaks"]:
        if peak.get("threads") == options.threads and "type" in peak:
            best[peak["type"]] = max(best.get(peak["type"], 0), peak["gflops"])
    best.setdefault("bf16", best["f32"])
    return best


def main():
    parser = argparse.ArgumentParser(description="models by turns: burin, ONNX Runtime, OpenVINO, PyTorch")
    parser.add_argument("--python", help="an interpreter that has " + ", ".join(PACKAGES))
    parser.add_argument("--burin", default="build/burin")
    parser.add_argument("--models", default=",".join(NAMES))
    parser.add_argument("--precision", default="f32")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="three rounds")
    parser.add_argument("--throughput", action="store_true", help="also streams against OpenVINO's throughput hint")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--engines", help="peers to compare with, of " + ", ".join(PEERS["f32"]) + "; default: all")
    parser.add_argument("--tune", action="store_true", help="burin chooses kernels by timing")
    parser.add_argument("--folder", default=str(pathlib.Path(tempfile.gettempdir()) / "burin-peers"))
    parser.add_argument("--to", help="name of the tables, without .md and .json; default: peers in the folder")
    options = parser.parse_args()
    options.to = options.to or str(pathlib.Path(options.folder) / "peers")
    options.rounds = 3 if options.quick else options.rounds
    options.burin = str(pathlib.Path(options.burin).resolve())
    options.processors = sorted(os.sched_getaffinity(0))[:options.threads]
    for name in options.models.split(","):
        if name not in NAMES:
            parser.error(f"--models: expected some of {', '.join(NAMES)}, got {name}")
    wanted = options.engines.split(",") if options.engines else PEERS["f32"]
    options.peers = {precision: [e for e in engines if e in wanted] for precision, engines in PEERS.items()}
    if not set(wanted) <= set(PEERS["f32"]) or not all(options.peers[p] for p in options.precision.split(",")):
        parser.error(f"--engines: expected some of {', '.join(PEERS['f32'])}, got {options.engines}")
    pathlib.Path(options.folder).mkdir(parents=True, exist_ok=True)
    options.interpreter = interpreter(options)
    peaks, reports = measured_peaks(options), []
    with open(pathlib.Path(options.folder) / "peers.log", "w") as log:
        for precision in options.precision.split(","):
            for name in options.models.split(","):
                reports.append(time_model(options, name, precision, peaks, log))
                r = reports[-1]
                print(f"{name} {precision}: {r['ratio']:.2f}x {r['best_peer']}", flush=True)
                facts = {"peaks": peaks, "threads": options.threads, "rounds": options.rounds, "models": reports}
                pathlib.Path(options.to + ".json").write_text(json.dumps(facts, indent=1) + "\n")
                pathlib.Path(options.to + ".md").write_text(markdown(reports))
    print(f"wrote {options.to}.md and .json")


if __name__ == "__main__":
    main()
