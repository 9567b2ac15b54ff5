#!/usr/bin/env python3
"""Compares ops and layers with PyTorch: results and the gradients of every input, on hundreds of random cases.

    python3 torch_test.py build-test/tests/torch-cases

PyTorch computes in double, so its own errors do not matter. Prints a table of the largest errors, relative to the largest
number of a tensor, each with its limit. Without PyTorch the exit status is 77, which Meson counts as skipped.
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
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])  # Debian's PyTorch belongs to this Python
    print("PyTorch is not installed")
    sys.exit(77)

LIMIT = 1e-6
# Larger limits for sums of many terms, or of terms that nearly cancel.
LIMITS = {"linear_cross_entropy": 3e-6, "conv": 3e-6, "gru": 3e-6, "layer_minlstm": 3e-6, "layer_mamba": 3e-6,
          "adamw": 3e-6, "mlp": 1e-5}


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
        layer = module(x.shape[2], weight_hh.shape[1], batch_first=True).double()
        start = tuple(starts[name][None] for name in sorted(starts, reverse=True))  # h0, c0
        return functional(layer, [weight_ih, weight_hh, bias_ih, bias_hh])(x, start if len(start) > 1 else start[0])[0]
    return run


def functional(layer, values):
    """The layer with these weights, so that the inputs of the case get gradients."""
    for name, value in zip([name for name, _ in layer.named_parameters()], values):
        layer._parameters.pop(name)
        setattr(layer, name, value)
    layer._flat_weights = values
    return layer


def linear(p, name, x):
    return F.linear(x, p[name + ".weight"], p.get(name + ".bias"))


def positive_g(x):
    return torch.where(x < 0, x.sigmoid(), x + 0.5)


def log_g(x):
    return torch.where(x < 0, F.logsigmoid(x), torch.log(x.clamp(min=0) + 0.5))


def scan(a, b, h0, reverse="0"):
    steps, h, states = range(b.shape[1]), h0, {}
    for t in reversed(steps) if reverse == "1" else steps:
        states[t] = h = a[:, t] * h + b[:, t]
    return torch.stack([states[t] for t in steps], 1)


def log_scan(log_a, log_b, h0):
    return torch.log(scan(log_a.exp(), log_b.exp(), h0))


def min_gru_scan(projection, h0, identity="0"):
    v, k = projection.chunk(2, 2)
    return scan((-k).sigmoid(), k.sigmoid() * (v if identity == "1" else positive_g(v)), h0)


def min_lstm_scan(projection, h0, identity="0", normalised="0"):
    v, f, i = projection.chunk(3, 2)
    f, i = f.sigmoid(), i.sigmoid()
    if normalised == "1":
        f, i = f / (f + i), i / (f + i)
    return scan(f, i * (v if identity == "1" else positive_g(v)), h0)


def qrnn_scan(projection, c0):
    v, k = projection.chunk(2, 2)
    return scan(k.sigmoid(), (1 - k.sigmoid()) * v.tanh(), c0)


def hgrn_scan(projection, logits, h0, layer="0"):
    v, k = projection.chunk(2, 2)
    shares = logits.softmax(0).cumsum(0)
    lower = (shares - shares[:1])[int(layer)]
    f = lower + (1 - lower) * k.sigmoid()
    return scan(f, (1 - f) * F.silu(v), h0)


def selective_scan(x, pre, A_log, bc, D, h0):
    delta, (b, c), h, ys = F.softplus(pre), bc.chunk(2, 2), h0, []
    for t in range(x.shape[1]):
        step = delta[:, t, :, None]
        h = (step * -A_log.exp()).exp() * h + step * x[:, t, :, None] * b[:, t, None]
        ys.append((h * c[:, t, None]).sum(2) + D * x[:, t])
    return torch.stack(ys, 1), h


def attention(qkv, heads):
    B, T, C = qkv.shape
    heads = int(heads)
    q, k, v = (part.reshape(B, T, heads, -1).transpose(1, 2) for part in qkv.chunk(3, 2))
    scores = (q @ k.transpose(2, 3)) / q.shape[3] ** 0.5
    mask = torch.ones(T, T, dtype=torch.bool).tril()
    return (scores.masked_fill(~mask, -float("inf")).softmax(3) @ v).transpose(1, 2).reshape(B, T, C // 3)


def conv(x, weight, bias, tail=None):
    before = x.new_zeros(len(x), len(weight) - 1, x.shape[2]) if tail is None else tail
    padded = torch.cat([before, x], 1).transpose(1, 2)
    return F.conv1d(padded, weight.t()[:, None], bias, groups=x.shape[2]).transpose(1, 2)


def rms(x, eps):
    return x / (x.square().mean(-1, keepdim=True) + eps).sqrt()


def batch_norm(x, weight, bias):
    return F.batch_norm(x.flatten(0, 1), None, None, weight, bias, training=True).reshape(x.shape)


def geglu(x, scale):
    value, gate = x.chunk(2, -1)
    return value * F.gelu(gate) * scale


def cross_entropy(x, targets):
    return F.cross_entropy(x, targets, ignore_index=-1)


# Layers get x and their parameters by name.

def mingru(x, p):
    h0 = positive_g(p["h0"]).expand(len(x), -1)
    return linear(p, "to_out", min_gru_scan(linear(p, "to_hidden_and_gate", x), h0))


def minlstm(x, p):
    h0 = positive_g(p["h0"]).expand(len(x), -1)
    return linear(p, "to_out", min_lstm_scan(linear(p, "to_hidden_and_gate", x), h0))


def qrnn(x, p):
    before = F.pad(x, (0, 0, 1, 0))[:, :-1]
    pre = linear(p, "to_hidden_and_gate", torch.cat([x, before], 2))
    E = pre.shape[2] // 3
    c = qrnn_scan(pre[..., :2 * E], x.new_zeros(len(x), E))
    return linear(p, "to_out", pre[..., 2 * E:].sigmoid() * c)


def hgrn(x, p):
    pre = linear(p, "to_hidden_and_gate", x)
    E = pre.shape[2] // 3
    h = hgrn_scan(pre[..., :2 * E], p["lower_bounds"], x.new_zeros(len(x), E))
    return linear(p, "to_out", rms(h, 2.0**-23) * p["norm.weight"] * F.silu(pre[..., 2 * E:]))


def mamba(x, p):
    inner, z = linear(p, "in_proj", x).chunk(2, 2)
    inner = F.silu(conv(inner, p["conv.weight"], p["conv.bias"]))
    E, N = p["A_log"].shape
    r, bc = linear(p, "x_proj", inner).split([p["dt_proj.weight"].shape[1], 2 * N], 2)
    y, _ = selective_scan(inner, linear(p, "dt_proj", r), p["A_log"], bc, p["D"], x.new_zeros(len(x), E, N))
    return linear(p, "out_proj", y * F.silu(z))


def of_module(module):
    def run(x, p):
        names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
        layer = module(x.shape[2], p["weight_hh_l0"].shape[1], batch_first=True).double()
        y = functional(layer, [p[name] for name in names])(x)[0]
        return linear(p, "to_out", y) if "to_out.weight" in p else y
    return run


def bidirectional_gru(x, p):
    values = [p[f"{way}.{name}_l0"] for way in ("forward", "backward")
              for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    layer = torch.nn.GRU(x.shape[2], x.shape[2], batch_first=True, bidirectional=True).double()
    return functional(layer, values)(x)[0]


def mlp(x, p):
    hidden = linear(p, "to_hidden", x)
    return linear(p, "to_out", geglu(hidden, p["mult_bias"]) if "mult_bias" in p else F.gelu(hidden))


def norm(x, p, kind):
    if kind in "01":
        return rms(x, 0) * (1 + p["gamma"]) if kind == "0" else rms(x, 2.0**-23) * p["weight"]
    return F.layer_norm(x, x.shape[-1:], p["weight"], p["bias"]) if kind == "2" else batch_norm(x, p["weight"], p["bias"])


def adamw(w, **gradients):
    w = w.detach().clone().requires_grad_()
    optimizer = torch.optim.AdamW([w], lr=1e-2, weight_decay=0.1)
    for step in range(len(gradients)):
        w.grad = gradients[f"gradient{step}"].detach().clone()
        torch.nn.utils.clip_grad_norm_([w], 5)
        optimizer.step()
    return w.detach()


def of_x(f):
    return lambda x: f(x)


LAYERS = {
    "layer_mingru": mingru, "layer_minlstm": minlstm, "layer_mamba": mamba, "layer_qrnn": qrnn, "layer_hgrn": hgrn,
    "layer_attention": lambda x, p: linear(p, "to_out", attention(linear(p, "to_qkv", x), 1)),
    "layer_gru": of_module(torch.nn.GRU), "layer_lstm": of_module(torch.nn.LSTM), "layer_elman": of_module(torch.nn.RNN),
    "bidirectional_gru": bidirectional_gru, "mlp": mlp, "norm": norm,
    "causal_conv": lambda x, p: linear(p, "pointwise", conv(x, p["depthwise.weight"], p["depthwise.bias"])),
}
PEERS = {
    **LAYERS,
    **{name: of_x(getattr(torch, name)) for name in ("sigmoid", "tanh", "exp", "log", "relu")},
    **{name: of_x(getattr(F, name)) for name in ("softplus", "gelu", "silu")},
    "positive_g": positive_g, "log_g": log_g,
    "add": lambda a, b: a + b, "subtract": lambda a, b: a - b, "multiply": lambda a, b: a * b,
    "sum": lambda x, axis: (x.sum(int(axis)), x.sum(), x.mean()),
    "slice": lambda x, begin, end: x[:, int(begin):int(end)],
    "concatenate": lambda a, b: torch.cat([a, b], 1),
    "rows": lambda x, rows: x[rows],
    "lookup": lambda table, ids: F.embedding(ids, table),
    "affine": lambda x, weight, bias: F.linear(x, weight, bias), "geglu": geglu,
    "rms_norm": lambda x, weight: rms(x, 1e-6) * weight,
    "layer_norm": lambda x, weight, bias: F.layer_norm(x, x.shape[-1:], weight, bias),
    "batch_norm": batch_norm,
    "cross_entropy": cross_entropy,
    "linear_cross_entropy": lambda x, weight, targets: cross_entropy(x @ weight.t(), targets),
    "mse": lambda x, target: F.mse_loss(x, target),
    "scan": scan, "boundary_scan": scan, "log_scan": log_scan, "min_gru_scan": min_gru_scan,
    "min_lstm_scan": min_lstm_scan, "qrnn_scan": qrnn_scan, "hgrn_scan": hgrn_scan, "selective_scan": selective_scan, "conv": conv, "attention": attention,
    "elman": recurrent(torch.nn.RNN), "gru": recurrent(torch.nn.GRU), "lstm": recurrent(torch.nn.LSTM),
    "adamw": adamw,
}


def error(ours, theirs):
    if not ours.isfinite().all() or not theirs.isfinite().all():
        return float("inf")
    return ((ours - theirs).abs().max() / theirs.abs().max().clamp(min=1e-30)).item() if ours.numel() else 0.0


def compare(case, tensors):
    """The kind of a case, and its worst error."""
    kind, _, *options = case.split()
    inputs = {name: tensor.double().requires_grad_() for name, tensor in tensors["in"].items()}
    others = dict(option.split("=") for option in options)
    for name, ids in tensors["ids"].items():
        others[name] = ids.reshape(tensors["shape"][name].tolist())
    if kind in LAYERS:
        results = PEERS[kind](inputs["x"], {k: v for k, v in inputs.items() if k != "x"}, **others)
    else:
        results = PEERS[kind](**inputs, **others)
    results = results if isinstance(results, tuple) else (results,)
    errors = [error(tensors["out"][str(i)], result.detach()) for i, result in enumerate(results)]
    assert len(results) == len(tensors["out"]), case
    if tensors["up"]:
        torch.autograd.backward(results, [tensors["up"][str(i)].double() for i in range(len(results))])
        none = torch.zeros(())
        errors += [error(tensors["grad"].get(name, none), leaf.grad if leaf.grad is not None else none)
                   for name, leaf in inputs.items()]
    return kind, max(errors)


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "cases.safetensors"
        subprocess.run([sys.argv[1], path], check=True)
        cases = read(path)
    worst = collections.defaultdict(float)
    for case in [case for case in cases if case.split()[0].startswith("layer_") and case.split()[0] not in PEERS]:
        print(f"{case}: no such layer in PyTorch to compare with")
        del cases[case]
    for case, tensors in cases.items():
        kind, value = compare(case, tensors)
        worst[kind] = max(worst[kind], value)
    assert set(worst) == set(PEERS), set(PEERS) ^ set(worst)
    print(f"worst relative error against PyTorch {torch.__version__}, {len(cases)} cases")
    good = True
    for kind in PEERS:
        value = worst[kind]
        limit = LIMITS.get(kind, LIMIT)
        good = good and value <= limit
        print(f"{kind:22}{value:10.1e}   limit {limit:.0e}{'' if value <= limit else '   too much'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
