"""The works of the benchmarks in PyTorch. WORKS[name](*words) has forms to build; a built form is a function that does the
work once and returns what it computed.

A form is a word such as "log" or "log+compiled" (torch.compile), with a precision: float, or bf16 under autocast.
"""

import os

import torch
from torch import nn
from torch.nn import functional as F

import torch_forms
from torch_network import Network

TITLE, PACKAGE, VERSION = "PyTorch", "torch", torch.__version__.split("+")[0]
RECURRENT = {"gru": nn.GRU, "lstm": nn.LSTM, "elman": nn.RNN}
LONGEST_COMPILED_LOOP = 64  # the compiler unrolls it
TOKENS = 100  # of one run of Generate

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))


def difference(results, expected):
    """Relative, by the roots of mean squares: the derivative of `positive` jumps at 0, so single gradients differ more."""
    return max(((a.float() - b.float()).norm() / b.float().norm()).item() for a, b in zip(results, expected))


def autocast(precision):
    return torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16")


def compiled(form, function):
    return torch.compile(function, dynamic=False) if form.endswith("+compiled") else function


def variants(eager, never_compiled=()):
    """Each form in float and in bf16, and with torch.compile if this version has it."""
    forms = list(eager)
    if hasattr(torch, "compile"):
        forms += [f"{form}+compiled" for form in eager if form not in never_compiled]
    return [(form, precision) for precision in ("float", "bf16") for form in forms]


def variants_at(T):
    return variants(torch_forms.forms_at(T), ["loop"] if T > LONGEST_COMPILED_LOOP else [])


def forward_and_backward(module, form, precision, x, dy):
    call, dy = compiled(form, module), {each: dy.to(each) for each in (torch.float32, torch.bfloat16)}

    def run():
        x.grad = None
        module.zero_grad()
        with autocast(precision):
            y = call(x)
        y = y[0] if isinstance(y, tuple) else y  # nn.GRU also returns its state
        y.backward(dy[y.dtype])
        return [y.detach(), x.grad]
    return run


class Scan:
    """The recurrence with its gates, forward + backward."""

    def __init__(self, name, B, T, D):
        self.name, self.sizes = name, (B, T, D)
        self.variants, self.reference = variants_at(T), "loop"
        self.p = torch.randn(B, T, torch_forms.PARTS[name][0] * D, requires_grad=True)
        self.dh = torch.randn(B, T, D)

    def small(self):
        B, T, D = self.sizes
        return Scan(self.name, min(B, 2), min(T, 64), D)

    def build(self, form, precision):
        module = torch_forms.Recurrence(self.name, form.split("+")[0])
        p = self.p if precision == "float" else self.p.detach().bfloat16().requires_grad_()
        return forward_and_backward(module, form, precision, p, self.dh)


class Layer:
    """One layer, forward + backward."""

    def __init__(self, name, B, T, D):
        self.name, self.sizes = name, (B, T, D)
        self.reference = f"nn.{RECURRENT[name].__name__}" if name in RECURRENT else "loop"
        self.variants = variants([self.reference]) if name in RECURRENT else variants_at(T)
        self.x, self.dy = torch.randn(B, T, D, requires_grad=True), torch.randn(B, T, D)

    def small(self):
        B, T, D = self.sizes
        return Layer(self.name, min(B, 2), min(T, 64), D)

    def build(self, form, precision):
        torch.manual_seed(1)
        D = self.sizes[2]
        module = RECURRENT[self.name](D, D, batch_first=True) if self.name in RECURRENT else torch_forms.Mixer(
            self.name, form.split("+")[0], D, 1)
        return forward_and_backward(module, form, precision, self.x, self.dy)


def adamw(parameters):
    try:
        return torch.optim.AdamW(parameters, 1e-3, fused=True)
    except (TypeError, RuntimeError):  # before PyTorch 2.4
        return torch.optim.AdamW(parameters, 1e-3)


class Step:
    """A training step: forward, loss, backward, clipping, AdamW. Without dropout if it is not training."""

    def __init__(self, name, B, T, training=True):
        self.name, self.sizes, self.training = name, (B, T), training
        vocab, *_, answers = Network.SIZES[name]
        self.variants, self.reference = variants_at(T + answers), "loop"
        self.ids = torch.randint(vocab, (B, T + answers))
        self.targets = torch.randint(vocab, (B, answers or T)).flatten()

    def small(self):
        B, T = self.sizes
        return Step(self.name, min(B, 2), min(T, 64), training=False)

    def build(self, form, precision):
        torch.manual_seed(1)
        network = Network(self.name, form.split("+")[0]).train(self.training)
        optimizer, call = adamw(network.parameters()), compiled(form, network)

        def run():
            optimizer.zero_grad()
            with autocast(precision):
                loss = F.cross_entropy(call(self.ids).flatten(0, 1), self.targets)
            loss.backward()
            norm = nn.utils.clip_grad_norm_(network.parameters(), network.clip)
            optimizer.step()
            return [loss.detach(), norm]
        return run


class Generate:
    """One token at a time, with the Shakespeare network. "converted": its weights are bf16, instead of autocast."""

    reference = "whole sequence"

    def __init__(self):
        self.ids = None
        self.variants = [each for each in variants(["step", "converted"]) if each != ("converted", "float") and
                         each != ("converted+compiled", "float")]
        self.parts = TOKENS

    def small(self):
        work = Generate()
        work.ids = torch.randint(65, (1, 8))
        return work

    def build(self, form, precision):
        torch.manual_seed(1)
        network = Network("shakespeare", "loop").eval()
        if form == self.reference:
            return torch.no_grad()(lambda: [network(self.ids)[0]])
        dtype = torch.bfloat16 if form.startswith("converted") else torch.float32
        network.to(dtype)
        step = compiled(form, network.step)

        @torch.no_grad()
        def run():
            token, states, logits = torch.zeros(1, dtype=torch.long), network.start(dtype), []
            with autocast("float" if form.startswith("converted") else precision):
                for t in range(TOKENS if self.ids is None else self.ids.shape[1]):
                    of_token, states = step(token if self.ids is None else self.ids[:, t], states)
                    token = of_token.argmax(-1)
                    if self.ids is not None or t == 0:
                        logits.append(of_token)
            return [torch.cat(logits)]
        return run


WORKS = {"scan": Scan, "layer": Layer, "step": Step, "generate": Generate}
