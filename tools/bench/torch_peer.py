#!/usr/bin/env python3
"""The same work in PyTorch on the CPU, for `scangrad bench ... --peer`: median seconds of each form a user could choose.

    python3 tools/bench/torch_peer.py scan mingru 8 4096 256      the recurrence with its gates, forward + backward
    python3 tools/bench/torch_peer.py layer gru 8 4096 256        one layer, forward + backward
    python3 tools/bench/torch_peer.py step copy 16 1024           one training step; also: shakespeare 64 256
    python3 tools/bench/torch_peer.py generate                    one token at a time, batch 1: seconds for each

Prints the version of PyTorch, then a line "FORM SECONDS" for each form. OMP_NUM_THREADS sets the number of threads. The
forms of a recurrence are the paper's log-space form (log), doubling in linear space (doubling) and a loop over time (loop,
up to 16,384 steps). minLSTM has normalised gates. A training step is also measured with torch.compile if this PyTorch has
it. Each form runs once to warm up, then at least three times and for at least two seconds. If the first run takes four
times as long as the best form so far, its time is used and the form is not repeated.
"""

import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F


def positive(v):
    return torch.where(v < 0, torch.sigmoid(v), v + 0.5)


def log_positive(v):
    return torch.where(v < 0, -F.softplus(-v), torch.log(F.relu(v) + 0.5))


def in_logs(log_a, log_x):
    decay = torch.cumsum(log_a, 1)
    return torch.exp(decay + torch.logcumsumexp(log_x - decay, 1))


def by_doubling(a, x):
    reach, T = 1, x.shape[1]
    while reach < T:
        x = torch.cat((x[:, :reach], torch.addcmul(x[:, reach:], a[:, reach:], x[:, :T - reach])), 1)
        a = torch.cat((a[:, :reach], a[:, reach:] * a[:, :T - reach]), 1)
        reach *= 2
    return x


def by_step(a, x):
    h = torch.zeros_like(x[:, 0])
    states = []
    for decay, new in zip(torch.unbind(a, 1), torch.unbind(x, 1)):  # unbind: a single gradient tensor for all steps
        h = torch.addcmul(new, decay, h)
        states.append(h)
    return torch.stack(states, 1)


LINEAR = {"doubling": by_doubling, "loop": by_step}


def min_gru(form, p):
    v, k = p.chunk(2, -1)
    if form == "log":
        return in_logs(-F.softplus(k), log_positive(v) - F.softplus(-k))
    z = torch.sigmoid(k)
    return LINEAR[form](1 - z, z * positive(v))


def min_lstm(form, p):
    v, f, i = p.chunk(3, -1)
    if form == "log":
        lead = F.softplus(-f) - F.softplus(-i)
        return in_logs(-F.softplus(lead), log_positive(v) - F.softplus(-lead))
    f, i = torch.sigmoid(f), torch.sigmoid(i)
    return LINEAR[form](f / (f + i), i / (f + i) * positive(v))


PARTS = {"mingru": (2, min_gru), "minlstm": (3, min_lstm)}
RECURRENT = {"gru": nn.GRU, "lstm": nn.LSTM, "elman": nn.RNN}


class Mixer(nn.Module):
    def __init__(self, name, form, dim, expansion):
        super().__init__()
        parts, self.recurrence = PARTS[name]
        self.form = form
        self.project = nn.Linear(dim, parts * expansion * dim)
        self.down = nn.Linear(expansion * dim, dim)

    def forward(self, x):
        return self.down(self.recurrence(self.form, self.project(x)))


class Norm(nn.Module):
    def __init__(self, dim):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x):
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6) * self.weight


class Conv(nn.Module):
    """A convolution over the last four steps for each channel, then a linear layer over the channels."""

    def __init__(self, dim):
        super().__init__()
        self.channels = nn.Conv1d(dim, dim, 4, groups=dim)
        self.mix = nn.Linear(dim, dim)

    def forward(self, x):
        return self.mix(self.channels(F.pad(x.transpose(1, 2), (3, 0))).transpose(1, 2))

    def step(self, x, last):
        window = torch.cat((last, x[:, :, None]), 2)
        return self.mix(self.channels(window)[:, :, 0]), window[:, :, 1:]


class Block(nn.Module):
    def __init__(self, form, dim, expansion, is_wide, dropout):
        super().__init__()
        self.conv = Conv(dim) if is_wide else None
        self.mixer_norm, self.mixer = Norm(dim), Mixer("mingru", form, dim, expansion)
        self.mlp = None
        if is_wide:
            self.mlp = nn.Sequential(Norm(dim), nn.Linear(dim, 4 * dim), nn.GELU(), nn.Linear(4 * dim, dim),
                                     nn.Dropout(dropout))

    def forward(self, x):
        if self.conv is not None:
            x = x + self.conv(x)
        x = x + self.mixer(self.mixer_norm(x))
        return x if self.mlp is None else x + self.mlp(x)


class Network(nn.Module):
    # vocabulary, width, layers, expansion, convolution and MLP, dropout, clipping, answers (0: all steps)
    SIZES = {"copy": (16, 64, 3, 6, False, 0.0, 1.0, 16), "shakespeare": (65, 384, 3, 2, True, 0.2, 0.25, 0)}

    def __init__(self, name, form):
        super().__init__()
        self.vocab, dim, layers, expansion, is_wide, dropout, self.clip, self.answers = self.SIZES[name]
        self.embed = nn.Embedding(self.vocab, dim)
        self.blocks = nn.ModuleList(Block(form, dim, expansion, is_wide, dropout) for _ in range(layers))
        self.norm, self.head = Norm(dim), nn.Linear(dim, self.vocab, bias=False)

    def forward(self, ids):
        x = self.embed(ids)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, -self.answers:]))  # -0: all


def forms_at(T):
    return ["log", "doubling", "loop"] if T <= 16384 else ["log", "doubling"]


def scan(name, B, T, D):
    parts, recurrence = PARTS[name]
    p, dh = torch.randn(B, T, parts * D, requires_grad=True), torch.randn(B, T, D)

    def run(form):
        def once():
            p.grad = None
            recurrence(form, p).backward(dh)
        return once
    return {form: run(form) for form in forms_at(T)}


def layer(name, B, T, D):
    x, dy = torch.randn(B, T, D, requires_grad=True), torch.randn(B, T, D)

    def run(module):
        def once():
            x.grad = None
            module.zero_grad()
            y = module(x)
            (y[0] if isinstance(y, tuple) else y).backward(dy)
        return once
    if name in RECURRENT:
        return {"nn." + RECURRENT[name].__name__: run(RECURRENT[name](D, D, batch_first=True))}
    return {form: run(Mixer(name, form, D, 1)) for form in forms_at(T)}


def step(name, B, T):
    answers, vocab = Network.SIZES[name][7], Network.SIZES[name][0]
    ids, targets = torch.randint(vocab, (B, T + answers)), torch.randint(vocab, (B, answers or T))

    def run(form, compiled):
        network = Network(name, form)
        optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
        forward = torch.compile(network) if compiled else network

        def once():
            optimizer.zero_grad()
            F.cross_entropy(forward(ids).flatten(0, 1), targets.flatten()).backward()
            nn.utils.clip_grad_norm_(network.parameters(), network.clip)
            optimizer.step()
        return once
    forms = {form: run(form, False) for form in forms_at(T)}
    if hasattr(torch, "compile"):
        forms["log+compiled"] = run("log", True)
    return forms


def generate():
    network, tokens = Network("shakespeare", "loop").eval(), 100

    @torch.no_grad()
    def run():
        token = torch.zeros(1, dtype=torch.long)
        state = [(torch.zeros(1, 384, 3), torch.zeros(1, 768)) for _ in network.blocks]
        for _ in range(tokens):
            x = network.embed(token)
            for i, block in enumerate(network.blocks):
                last, h = state[i]
                y, last = block.conv.step(x, last)
                x = x + y
                v, k = block.mixer.project(block.mixer_norm(x)).chunk(2, -1)
                h = torch.lerp(h, positive(v), torch.sigmoid(k))
                x = x + block.mixer.down(h)
                x = x + block.mlp(x)
                state[i] = last, h
            token = network.head(network.norm(x)).argmax(-1)
    return {"step": run}, tokens


def seconds(once):
    start = time.perf_counter()
    once()
    return time.perf_counter() - start


def measure(forms, count=1):
    best = float("inf")
    for form, once in forms.items():
        try:
            if "compiled" in form:
                once()  # compiles
            times = [seconds(once)]
            if times[0] < 4 * best:
                times = []  # the first run was the warm-up
                while len(times) < 3 or sum(times) < 2:
                    times.append(seconds(once))
        except Exception as error:  # this version of PyTorch cannot run the form
            print(f"{form}: {(str(error).splitlines() or [type(error).__name__])[0]}", file=sys.stderr)
            continue
        best = min(best, statistics.median(times))
        print(form, statistics.median(times) / count, flush=True)


CASES = {"scan": scan, "layer": layer, "step": step}


def main(words):
    torch.manual_seed(1)
    print("torch", torch.__version__, flush=True)
    case, names, sizes = words[0], [w for w in words[1:] if not w.isdigit()], [int(w) for w in words[1:] if w.isdigit()]
    try:
        forms = generate() if case == "generate" else (CASES[case](*names, *sizes),)
    except (KeyError, TypeError):
        sys.exit(f"torch_peer: '{' '.join(words)}' is not one of the cases; --help lists them")
    measure(*forms)


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print(__doc__.strip())
    else:
        main(sys.argv[1:])
