"""The networks of the benchmarks in PyTorch: selective copying and Shakespeare, with the sizes of models/tasks."""

import torch
from torch import nn
from torch.nn import functional as F

from torch_forms import Mixer, positive


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

    def step(self, x, last, h):
        """One token of a wide block; `last` holds the last three inputs of the convolution."""
        y, last = self.conv.step(x, last)
        x = x + y
        v, k = self.mixer.project(self.mixer_norm(x)).chunk(2, -1)
        h = torch.lerp(h, positive(v), torch.sigmoid(k))
        x = x + self.mixer.down(h)
        return x + self.mlp(x), last, h


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

    def start(self, dtype):
        """The states before the first token of one sequence."""
        return [(torch.zeros(1, block.conv.mix.in_features, 3, dtype=dtype),
                 torch.zeros(1, block.mixer.down.in_features, dtype=dtype)) for block in self.blocks]

    def step(self, token, states):
        x = self.embed(token)
        after = []
        for block, (last, h) in zip(self.blocks, states):
            x, last, h = block.step(x, last, h)
            after.append((last, h))
        return self.head(self.norm(x)), after
