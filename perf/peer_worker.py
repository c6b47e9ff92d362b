"""One peer in a process of its own, driven by peers.py: loads a model, then runs it as often as each line asks.

Prints one JSON object with load_ms and first_ms, then one for each line of standard input: ms (median of its runs),
wall_ms and images (of all of them), peak_rss_mb. The same as `burin bench --rounds-from-stdin`.
"""

import argparse
import importlib
import json
import statistics
import sys
import time

import numpy

PACKAGES = {"onnxruntime": ["onnxruntime"], "openvino": ["openvino"], "torch-eager": ["torch"],
            "torch-compiled": ["torch", "torch._inductor"]}


def now():
    return time.perf_counter() * 1e3


def peak_rss_mb():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1.024e-3 for line in status if line.startswith("VmHWM:"))


def open_onnxruntime(options, inputs):
    import onnxruntime
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = options.threads, 1
    session = onnxruntime.InferenceSession(options.model, settings, providers=["CPUExecutionProvider"])
    return lambda: session.run(None, inputs)[0]


def compile_openvino(options, inputs):
    import openvino
    core = openvino.Core()
    model = core.read_model(options.model)
    model.reshape({name: list(x.shape) for name, x in inputs.items()})
    return core.compile_model(model, "CPU", {
        "INFERENCE_PRECISION_HINT": options.precision, "INFERENCE_NUM_THREADS": options.threads,
        "PERFORMANCE_HINT": options.hint.upper(), "ENABLE_CPU_PINNING": True})


def open_openvino(options, inputs):
    request = compile_openvino(options, inputs).create_infer_request()
    return lambda: request.infer(inputs)[0]


def open_torch(options, inputs):
    import torch
    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    if options.network:
        from peer_models import torchvision_model
        network = torchvision_model(options.network)
    else:
        from onnx_torch import OnnxModule
        network = OnnxModule(options.model).eval()
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    values = [torch.from_numpy(x) for x in inputs.values()]
    values = [v.contiguous(memory_format=formats[v.dim()]) if v.dim() in formats else v for v in values]
    if values[0].dim() in formats:
        for tensor in list(network.parameters()) + list(network.buffers()):
            if tensor.dim() == values[0].dim():
                tensor.data = tensor.data.contiguous(memory_format=formats[tensor.dim()])
    if options.engine == "torch-compiled":
        import torch._inductor.config
        torch._inductor.config.freezing = True
        network = torch.compile(network)

    def run():
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bf16"):
            y = network(*values)
            return y["out"] if isinstance(y, dict) else y

    return run


def serve_many(options, inputs, compiled):
    """Turns of OpenVINO's throughput hint: as many requests at once as it asks for."""
    import openvino
    queue = openvino.AsyncInferQueue(compiled)
    images = len(queue) * next(iter(inputs.values())).shape[0]

    def turn(runs):
        for _ in range(runs * len(queue)):
            queue.start_async(inputs)
        queue.wait_all()
        return runs * images

    return turn


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--engine", choices=["onnxruntime", "openvino", "torch-eager", "torch-compiled"])
    parser.add_argument("--model", help="ONNX file")
    parser.add_argument("--network", help="name in torchvision, where PyTorch takes it from there")
    parser.add_argument("--inputs", help=".npz file, by name")
    parser.add_argument("--output", help=".npy file to write the first output to")
    parser.add_argument("--precision", choices=["f32", "bf16"], default="f32")
    parser.add_argument("--hint", choices=["latency", "throughput"], default="latency")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    inputs = dict(numpy.load(options.inputs))
    for package in PACKAGES[options.engine]:
        importlib.import_module(package)  # not a part of the time to load
    start = now()
    turn = None
    if options.hint == "throughput":
        compiled = compile_openvino(options, inputs)
        loaded = now()
        turn = serve_many(options, inputs, compiled)
        turn(1)
    else:
        openers = {"onnxruntime": open_onnxruntime, "openvino": open_openvino}
        run = openers.get(options.engine, open_torch)(options, inputs)
        loaded = now()
        output = run()
    first = now()
    if options.output and turn is None:
        numpy.save(options.output, output if isinstance(output, numpy.ndarray) else output.float().numpy())
    print(json.dumps({"load_ms": loaded - start, "first_ms": first - loaded}), flush=True)
    for line in sys.stdin:
        runs, times = int(line.strip() or 1), []
        before = now()
        if turn is not None:
            images = turn(runs)
            times = [(now() - before) / runs]
        else:
            images = runs * next(iter(inputs.values())).shape[0]
            for _ in range(runs):
                start = now()
                run()
                times.append(now() - start)
        print(json.dumps({"ms": statistics.median(times), "wall_ms": now() - before, "images": images,
                          "peak_rss_mb": peak_rss_mb()}), flush=True)


if __name__ == "__main__":
    main()
