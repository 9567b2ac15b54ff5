#!/usr/bin/env python3
"""Compares ops and layers with PyTorch: results and the gradients of every input, float, relative error at most 1e-5.

    python3 torch_test.py build-test/tests/torch-cases

Prints a table of the worst errors. Without PyTorch: exit status 77, which Meson counts as skipped.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import numpy
    import torch
    import torch.nn.functional as F
except ImportError:
    if sys.executable != "/usr/bin/python3" and pathlib.Path("/usr/bin/python3").exists():
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])  # where Debian's PyTorch is
    print("there is no PyTorch")
    sys.exit(77)

LIMIT = 1e-5


def read(path):
    """The tensors of a safetensors file, as case -> kind -> name -> tensor."""
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + size])
    cases = collections.defaultdict(lambda: collections.defaultdict(dict))
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        dtype = {"F32": numpy.float32, "I64": numpy.int64}[entry["dtype"]]
        array = numpy.frombuffer(data[begin:end], dtype).reshape(entry["shape"]).copy()
        case, kind, key = name.split("/")
        cases[case][kind][key] = torch.from_numpy(array)
    return cases


def recurrent(module):
    def run(x, weight_ih, weight_hh, bias_ih, bias_hh, **starts):
        layer = module(x.shape[2], weight_hh.shape[1], batch_first=True)
        start = tuple(starts[name][None] for name in sorted(starts, reverse=True))  # h0, c0
        values = [weight_ih, weight_hh, bias_ih, bias_hh]
        names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
        for name, value in zip(names, values):
            layer._parameters.pop(name)
            setattr(layer, name, value)  # so that gradients arrive at the inputs of the case
        layer._flat_weights = values
        return layer(x, start if len(start) > 1 else start[0])[0]
    return run


def attention(qkv):
    B, T, C = qkv.shape
    q, k, v = (part.reshape(B, T, 3, C // 9).transpose(1, 2) for part in qkv.split(C // 3, 2))
    scores = (q @ k.transpose(2, 3)) / (C // 9) ** 0.5
    mask = torch.ones(T, T, dtype=torch.bool).tril()
    return (scores.masked_fill(~mask, -float("inf")).softmax(3) @ v).transpose(1, 2).reshape(B, T, C // 3)


def conv(x, weight, bias):
    padded = F.pad(x.transpose(1, 2), (len(weight) - 1, 0))
    return F.conv1d(padded, weight.t()[:, None].contiguous(), bias, groups=x.shape[2]).transpose(1, 2)


def batch_norm(x, weight, bias):
    return F.batch_norm(x.flatten(0, 1), None, None, weight, bias, training=True).reshape(x.shape)


def geglu(x, scale):
    value, gate = x.chunk(2, -1)
    return value * F.gelu(gate) * scale


def adamw(w, **gradients):
    w = w.detach().clone().requires_grad_()
    optimizer = torch.optim.AdamW([w], lr=1e-2, weight_decay=0.1)
    for step in range(len(gradients)):
        w.grad = gradients[f"gradient{step}"].detach().clone()
        torch.nn.utils.clip_grad_norm_([w], 5)
        optimizer.step()
    return w.detach()


PEERS = {
    "elman": recurrent(torch.nn.RNN), "gru": recurrent(torch.nn.GRU), "lstm": recurrent(torch.nn.LSTM),
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "exp": torch.exp, "log": torch.log, "softplus": F.softplus,
    "relu": F.relu, "gelu": F.gelu, "silu": F.silu,
    "affine": F.linear, "attention": attention, "conv": conv, "adamw": adamw, "batch_norm": batch_norm,
    "geglu": geglu,
    "layer_norm": lambda x, weight, bias: F.layer_norm(x, x.shape[-1:], weight, bias),
    "mse": lambda x, target: F.mse_loss(x, target),
    "cross_entropy": lambda x, targets: F.cross_entropy(x.flatten(0, 1), targets.flatten(), ignore_index=-1),
    "lookup": lambda table, ids: F.embedding(ids, table),
}
# PyTorch names the first input of these differently, or not at all.
POSITIONAL = {"sigmoid", "tanh", "exp", "log", "softplus", "relu", "gelu", "silu", "affine", "attention"}


def error(ours, theirs):
    if not ours.isfinite().all() or not theirs.isfinite().all():
        return float("inf")
    return ((ours - theirs).abs().max() / theirs.abs().max().clamp(min=1e-30)).item() if ours.numel() else 0.0


def compare(case, tensors):
    kind = case.split()[0]
    inputs = {name: tensor.requires_grad_() for name, tensor in tensors["in"].items()}
    others = {}
    for name, ids in tensors["ids"].items():
        others[name] = ids.reshape(tensors["out"]["0"].shape[:2] if kind == "lookup" else tensors["in"]["x"].shape[:2])
    peer = PEERS[kind]
    result = peer(*inputs.values()) if kind in POSITIONAL else peer(**inputs, **others)
    worst = error(tensors["out"]["0"].reshape(result.shape), result.detach())
    if tensors["grad"]:
        result.backward(tensors["up"]["0"].reshape(result.shape))
        worst = max([worst, *(error(tensors["grad"][name], leaf.grad) for name, leaf in inputs.items())])
    return kind, worst


def main():
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "cases.safetensors"
        subprocess.run([sys.argv[1], path], check=True)
        cases = read(path)
    worst = collections.defaultdict(float)
    for case, tensors in cases.items():
        kind, value = compare(case, tensors)
        worst[kind] = max(worst[kind], value)
    assert set(worst) == set(PEERS), set(PEERS) ^ set(worst)
    print(f"worst relative error against PyTorch {torch.__version__}, {len(cases)} cases")
    for kind, value in worst.items():
        print(f"{kind:16}{value:10.1e}{'' if value <= LIMIT else '   too much'}")
    return 0 if max(worst.values()) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
