"""minGRU and minLSTM in PyTorch, with their recurrence h[t] = a[t] h[t-1] + x[t] in each form that a user could choose.

loop        one step after another
doubling    combines neighbours, then neighbours of neighbours (Hillis and Steele)
log         the paper's form: cumulative sums of logarithms, in float under autocast too: bf16 has too few digits
"""

import torch
from torch import nn
from torch.nn import functional as F

LONGEST_LOOP = 16_384


def positive(v):
    return torch.where(v < 0, torch.sigmoid(v), v + 0.5)


def log_positive(v):
    return torch.where(v < 0, -F.softplus(-v), torch.log(F.relu(v) + 0.5))


def by_step(a, x):
    h = torch.zeros_like(x[:, 0])
    states = []
    for decay, new in zip(torch.unbind(a, 1), torch.unbind(x, 1)):  # unbind: a single gradient tensor for all steps
        h = torch.addcmul(new, decay, h)
        states.append(h)
    return torch.stack(states, 1)


def by_doubling(a, x):
    reach, T = 1, x.shape[1]
    while reach < T:
        x = torch.cat((x[:, :reach], torch.addcmul(x[:, reach:], a[:, reach:], x[:, :T - reach])), 1)
        a = torch.cat((a[:, :reach], a[:, reach:] * a[:, :T - reach]), 1)
        reach *= 2
    return x


def in_logs(log_a, log_x):
    decay = torch.cumsum(log_a, 1)
    return torch.exp(decay + torch.logcumsumexp(log_x - decay, 1))


LINEAR = {"loop": by_step, "doubling": by_doubling}


def min_gru(form, p):
    if form == "log":
        v, k = p.float().chunk(2, -1)
        return in_logs(-F.softplus(k), log_positive(v) - F.softplus(-k))
    v, k = p.chunk(2, -1)
    z = torch.sigmoid(k)
    return LINEAR[form](1 - z, z * positive(v))


def min_lstm(form, p):
    """With normalised gates."""
    if form == "log":
        v, f, i = p.float().chunk(3, -1)
        lead = F.softplus(-f) - F.softplus(-i)
        return in_logs(-F.softplus(lead), log_positive(v) - F.softplus(-lead))
    v, f, i = p.chunk(3, -1)
    f, i = torch.sigmoid(f), torch.sigmoid(i)
    return LINEAR[form](f / (f + i), i / (f + i) * positive(v))


PARTS = {"mingru": (2, min_gru), "minlstm": (3, min_lstm)}  # of the projection


def forms_at(T):
    return ["log", "doubling", *(["loop"] if T <= LONGEST_LOOP else [])]


class Recurrence(nn.Module):
    """The recurrence with its gates, from a projection."""

    def __init__(self, name, form):
        super().__init__()
        self.function, self.form = PARTS[name][1], form

    def forward(self, p):
        return self.function(self.form, p)


class Mixer(nn.Module):
    def __init__(self, name, form, dim, expansion):
        super().__init__()
        self.project = nn.Linear(dim, PARTS[name][0] * expansion * dim)
        self.recurrence = Recurrence(name, form)
        self.down = nn.Linear(expansion * dim, dim)

    def forward(self, x):
        return self.down(self.recurrence(self.project(x)))
