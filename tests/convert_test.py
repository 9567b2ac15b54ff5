#!/usr/bin/env python3
"""Converts random weights of the published PyTorch networks to scangrad and back: logits agree to 1e-5, weights exactly.

    python3 convert_test.py build-test/scangrad build-test/tests/run-logits

For every form: state_dict -> .pt -> tools/pt_to_safetensors.py -> scangrad convert -> a run -> scangrad convert --to.
Prints a table of relative errors. Without PyTorch the exit status is 77, which Meson counts as skipped.
"""
import importlib
import inspect
import json
import math
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

LIMIT = 1e-5
PROGRAM, LOGITS = (str(pathlib.Path(path).resolve()) for path in sys.argv[1:3])
SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "tools" / "pt_to_safetensors.py"
V, D, LAYERS = 11, 16, 2  # vocabulary, width, blocks


# Random weights with the published names. The networks differ in these properties:
#   form, lstm; inner: channels of the states; kernel: taps or 0; norm: weight, gamma or batch; hidden: of the MLP or 0

def linear(weights, name, rows, columns, bias):
    weights[f"{name}.weight"] = torch.randn(rows, columns) / math.sqrt(columns)
    if bias:
        weights[f"{name}.bias"] = 0.3 * torch.randn(rows)


def norm(weights, name, kind):
    if kind == "batch":
        weights[f"{name}.norm.weight"] = 1 + 0.3 * torch.randn(D)
        weights[f"{name}.norm.bias"] = 0.3 * torch.randn(D)
        weights[f"{name}.norm.running_mean"] = torch.randn(D)
        weights[f"{name}.norm.running_var"] = 0.5 + torch.rand(D)
        weights[f"{name}.norm.num_batches_tracked"] = torch.tensor(int(torch.randint(1, 400_000, ())))
    else:
        weights[f"{name}.{kind}"] = (kind == "weight") + 0.5 * torch.randn(D)


def random_weights(form, lstm, inner, kernel, norm_kind, hidden, h0):
    ours = form == "borealis"
    weights = {"token_emb.weight": torch.randn(V, D)}
    for layer in (f"layers.{i}" for i in range(LAYERS)):
        if kernel:
            weights[f"{layer}.0.net.0.weight"] = torch.randn(D, 1, kernel) / math.sqrt(kernel)
            weights[f"{layer}.0.net.0.bias"] = 0.3 * torch.randn(D)
            weights[f"{layer}.0.net.1.weight"] = torch.randn(D, D, 1) / math.sqrt(D)
            weights[f"{layer}.0.net.1.bias"] = 0.3 * torch.randn(D)
        norm(weights, f"{layer}.1", norm_kind)
        projection = "to_hidden_and_f_i_gate" if lstm and not ours else "to_hidden_and_gate"
        linear(weights, f"{layer}.2.{projection}", (3 if lstm else 2) * inner, D, bias=ours)
        if ours or inner != D:
            linear(weights, f"{layer}.2.to_out", D, inner, bias=ours)
        if h0:
            weights[f"{layer}.2.init_hidden_state"] = torch.randn(inner)
        if hidden or not ours:
            norm(weights, f"{layer}.3", norm_kind)
        else:  # the norm is not used, so it stays as it was initialised
            weights.update({f"{layer}.3.gamma": torch.zeros(D)})
        if hidden:
            linear(weights, f"{layer}.4.0", 2 * hidden if ours else hidden, D, bias=True)
            linear(weights, f"{layer}.4.2", D, hidden, bias=True)
            if ours:
                weights[f"{layer}.4.1.mult_bias"] = 1 + 0.3 * torch.randn(hidden)
    norm(weights, "norm", norm_kind)
    linear(weights, "to_out" if ours else "to_logits", V, D, bias=False)
    return weights


# The published networks as functions of these weights.

def apply_linear(w, name, x):
    return F.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias"))


def apply_norm(w, name, x):
    if f"{name}.norm.weight" in w:
        statistics = w[f"{name}.norm.running_mean"], w[f"{name}.norm.running_var"]
        affine = w[f"{name}.norm.weight"], w[f"{name}.norm.bias"]
        return F.batch_norm(x.flatten(0, 1), *statistics, *affine).reshape(x.shape)
    if f"{name}.gamma" in w:
        return F.normalize(x, dim=-1) * math.sqrt(D) * (1 + w[f"{name}.gamma"])
    mean_square = x.square().mean(-1, keepdim=True)  # torch.nn.RMSNorm does not exist in older versions
    return x * torch.rsqrt(mean_square + torch.finfo(x.dtype).eps) * w[f"{name}.weight"]


def conv(w, name, x):
    taps = w[f"{name}.0.weight"]
    left = F.pad(x.transpose(1, 2), (taps.shape[2] - 1, 0))
    deep = F.conv1d(left, taps, w[f"{name}.0.bias"], groups=D)
    return F.conv1d(deep, w[f"{name}.1.weight"], w[f"{name}.1.bias"]).transpose(1, 2)


def log_g(v):
    return torch.where(v < 0, F.logsigmoid(v), torch.log(v.clamp(min=0) + 0.5))


def states(w, name, x, normalised):
    """h of minGRU or minLSTM, in log space as published."""
    key = next(key for key in w if key.startswith(f"{name}.to_hidden_and") and key.endswith("weight"))
    parts = w[key].shape[0] // inner_of(w, name)  # a candidate, and one gate or two
    v, *gates = apply_linear(w, key[:-len(".weight")], x).chunk(parts, 2)
    if len(gates) == 1:
        log_keep, log_take = F.logsigmoid(-gates[0]), F.logsigmoid(gates[0])
    else:
        log_keep, log_take = (F.logsigmoid(gate) for gate in gates)
        if normalised:
            total = torch.logaddexp(log_keep, log_take)
            log_keep, log_take = log_keep - total, log_take - total
    values = log_take + log_g(v)
    if f"{name}.init_hidden_state" in w:
        start = log_g(w[f"{name}.init_hidden_state"]).expand(x.shape[0], 1, -1)
        values, log_keep = torch.cat((start, values), 1), F.pad(log_keep, (0, 0, 1, 0))
    kept = log_keep.cumsum(1)
    return (kept + torch.logcumsumexp(values - kept, 1)).exp()[:, -x.shape[1]:]


def inner_of(w, name):
    return w[f"{name}.to_out.weight"].shape[1] if f"{name}.to_out.weight" in w else D


def logits(w, ids, normalised):
    x = w["token_emb.weight"][ids]
    for layer in (f"layers.{i}" for i in range(LAYERS)):
        if f"{layer}.0.net.0.weight" in w:
            x = x + conv(w, f"{layer}.0.net", x)
        h = states(w, f"{layer}.2", apply_norm(w, f"{layer}.1", x), normalised)
        x = x + (apply_linear(w, f"{layer}.2.to_out", h) if f"{layer}.2.to_out.weight" in w else h)
        if f"{layer}.4.0.weight" not in w:
            continue
        hidden = apply_linear(w, f"{layer}.4.0", apply_norm(w, f"{layer}.3", x))
        if f"{layer}.4.1.mult_bias" in w:
            value, gate = hidden.chunk(2, 2)
            hidden = value * F.gelu(gate) * w[f"{layer}.4.1.mult_bias"]
        else:
            hidden = F.gelu(hidden)
        x = x + apply_linear(w, f"{layer}.4.2", hidden)
    head = "to_logits" if "to_logits.weight" in w else "to_out"
    return apply_linear(w, head, apply_norm(w, "norm", x))


# To scangrad and back.

def read(path):
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    dtypes = {"F32": numpy.float32, "I64": numpy.int64}
    tensors = {}
    for name, entry in json.loads(data[8:8 + size]).items():
        if name != "__metadata__":
            begin, end = (8 + size + offset for offset in entry["data_offsets"])
            tensors[name] = numpy.frombuffer(data[begin:end], dtypes[entry["dtype"]]).reshape(entry["shape"])
    return tensors


def run(*command):
    subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL)


def carry(weights, form, normalised, folder, checkpoint):
    """The relative error of our logits, and whether the weights come back unchanged."""
    theirs, back, ids_file, result = (folder / f"{name}.safetensors" for name in ("theirs", "back", "ids", "logits"))
    torch.save(checkpoint(weights), folder / "theirs.pt")
    run(sys.executable, SCRIPT, folder / "theirs.pt", theirs)
    flag = ["--use-coeff-norm"] if form == "borealis" and normalised else []
    run(PROGRAM, "convert", theirs, "--out", folder / "run", *flag)
    ids = torch.randint(0, V, (3, 24))
    torch.save({"ids": ids}, folder / "ids.pt")
    run(sys.executable, SCRIPT, folder / "ids.pt", ids_file)
    run(LOGITS, folder / "run", ids_file, result)
    u, v = torch.from_numpy(read(result)["logits"].copy()), logits(weights, ids, normalised)
    error = ((u - v).abs().max() / v.abs().max()).item() if u.isfinite().all() else math.inf
    run(PROGRAM, "convert", folder / "run", "--to", form, "--out", back)
    went = {name: (tensor.numpy().dtype, tensor.shape, tensor.numpy().tobytes()) for name, tensor in weights.items()}
    came = {name: (array.dtype, array.shape, array.tobytes()) for name, array in read(back).items()}
    return error, went == came


CASES = {  # form, lstm, inner, kernel, norm, hidden, h0; whether gates are normalised, which is not in the weights
    "minLM, minGRU": ("lucidrains", False, 24, 0, "weight", 64, False, None),
    "minLM, minGRU, conv": ("lucidrains", False, 24, 3, "weight", 64, False, None),
    "minLM, minGRU, expansion 1": ("lucidrains", False, 16, 0, "weight", 64, False, None),
    "minLM, minLSTM": ("lucidrains", True, 24, 0, "weight", 64, False, True),
    "minLM, minLSTM, conv": ("lucidrains", True, 24, 3, "weight", 64, False, True),
    "minGRULM, gamma": ("lucidrains-gamma", False, 24, 0, "gamma", 64, False, None),
    "minGRULM, gamma, conv": ("lucidrains-gamma", False, 24, 3, "gamma", 64, False, None),
    "minLM, minLSTM, gamma": ("lucidrains-gamma", True, 24, 0, "gamma", 64, False, True),
    "Model, minGRU": ("borealis", False, 96, 0, "gamma", 0, True, None),
    "Model, minGRU, all parts": ("borealis", False, 32, 4, "gamma", 32, True, None),
    "Model, minGRU, BatchNorm": ("borealis", False, 32, 4, "batch", 32, True, None),
    "Model, minLSTM, plain": ("borealis", True, 32, 4, "gamma", 32, True, False),
    "Model, minLSTM, normalised": ("borealis", True, 32, 0, "gamma", 32, True, True),
    "Model, minLSTM, BatchNorm": ("borealis", True, 16, 4, "batch", 32, False, False),
}
# Files with weights.
CHECKPOINTS = [lambda weights: weights, lambda weights: {"model": weights, "step": 7},
               lambda weights: {f"module.{name}": tensor for name, tensor in weights.items()}]


def check_script(folder):
    """The script reads the weights that it is asked for, and names what it cannot read."""
    def does(content, *options):
        torch.save(content, folder / "a.pt")
        return subprocess.run([sys.executable, SCRIPT, folder / "a.pt", folder / "a.safetensors", *options],
                              capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(folder)})

    one, other = {"w": torch.full((2,), 1.0)}, {"w": torch.full((2,), 2.0)}
    failed = does({"model": one, "ema": other})
    assert failed.returncode == 1 and failed.stderr == ("pt_to_safetensors: weights are under ['ema', 'model'], so one "
                                                        "of these is needed as --key\n"), failed.stderr
    assert does({"model": one, "ema": other}, "--key", "ema").returncode == 0
    assert read(folder / "a.safetensors")["w"].tolist() == [2, 2]
    failed = does({"step": 7})
    assert failed.stderr == "pt_to_safetensors: the file holds no state_dict\n", failed.stderr
    for content, message in (
            ({3: one["w"]}, "a tensor is named 3, but a string is needed"),
            ({"__metadata__": one["w"]}, "a tensor is named __metadata__, which the format keeps for itself"),
            ({"w": one["w"], "module.w": one["w"]}, "two tensors are named w, as prefixes go"),
            ({"w": torch.zeros(2, dtype=torch.complex64)}, "w is torch.complex64, torch.strided, cpu, but dense real "
                                                           "numbers, integers or booleans are needed"),
            ({"w": torch.eye(2).to_sparse()}, "w is torch.float32, torch.sparse_coo, cpu, but dense real numbers, "
                                              "integers or booleans are needed")):
        failed = does(content)
        assert (failed.returncode, failed.stderr) == (1, f"pt_to_safetensors: {message}\n"), failed.stderr
    torch.save(one, folder / "a.pt")
    whole = (folder / "a.pt").read_bytes()
    for name, content in (("empty.pt", b""), ("cut.pt", whole[:len(whole) // 2])):
        (folder / name).write_bytes(content)
        failed = subprocess.run([sys.executable, SCRIPT, folder / name, folder / "b"], capture_output=True, text=True)
        assert failed.returncode == 1 and failed.stderr.count("\n") == 1, failed.stderr
        assert failed.stderr.startswith(f"pt_to_safetensors: {folder / name} cannot be read: "), failed.stderr
    (folder / "taken").mkdir()
    for target, why in (("taken", "Is a directory"), ("none/b", "No such file or directory")):
        before = sorted(folder.rglob("*"))
        failed = subprocess.run([sys.executable, SCRIPT, folder / "a.pt", folder / target], capture_output=True,
                                text=True)
        message = f"pt_to_safetensors: {folder / target} cannot be written: {why}\n"
        assert (failed.returncode, failed.stderr) == (1, message), failed.stderr
        assert sorted(folder.rglob("*")) == before  # no unfinished file is left
    if "weights_only" not in inspect.signature(torch.load).parameters:
        return  # this PyTorch reads every pickle
    (folder / "elsewhere.py").write_text("class Unknown(dict):\n    pass\n")
    sys.path.insert(0, str(folder))
    strange = importlib.import_module("elsewhere").Unknown(model=one)  # a class that files of weights do not contain
    failed = does(strange)
    assert failed.returncode == 1 and failed.stderr.startswith("pt_to_safetensors: ") and failed.stderr.count("\n") == 1
    trusted = does(strange, "--trust")
    assert trusted.returncode == 0, trusted.stderr


def main():
    torch.manual_seed(0)
    torch.set_grad_enabled(False)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        check_script(pathlib.Path(folder))
    print(f"relative error of the logits against PyTorch {torch.__version__}, and whether the weights come back exactly")
    for number, (title, (*parts, normalised)) in enumerate(CASES.items()):
        weights = random_weights(*parts)
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = CHECKPOINTS[number % len(CHECKPOINTS)]
            error, same = carry(weights, parts[0], normalised, pathlib.Path(folder), checkpoint)
        good = good and error <= LIMIT and same
        print(f"{title:28}{error:10.1e}   {'yes' if same else 'NO'}{'' if error <= LIMIT else '   too much'}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
