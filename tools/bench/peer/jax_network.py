"""The networks of the benchmarks in JAX: selective copying and Shakespeare, with the sizes of models/tasks."""

import jax
from jax import lax
from jax import numpy as jnp

from jax_forms import linear, mixer, new_linear, new_mixer, positive

# vocabulary, width, layers, expansion, convolution and MLP, dropout, clipping, answers (0: all steps)
SIZES = {"copy": (16, 64, 3, 6, False, 0.0, 1.0, 16), "shakespeare": (65, 384, 3, 2, True, 0.2, 0.25, 0)}


def new_network(name):
    vocab, dim, layers, expansion, is_wide, *_ = SIZES[name]
    keys = iter(jax.random.split(jax.random.key(1), 2 + 5 * layers))

    def block():
        weights = {"norm": jnp.ones(dim), "mixer": new_mixer(next(keys), "mingru", dim, expansion)}
        if is_wide:
            bound = 0.5
            weights["channels"] = jax.random.uniform(next(keys), (4, dim), minval=-bound, maxval=bound)
            weights["mix"], weights["mlp norm"] = new_linear(next(keys), dim, dim), jnp.ones(dim)
            weights["up"], weights["down"] = new_linear(next(keys), dim, 4 * dim), new_linear(next(keys), 4 * dim, dim)
        return weights
    head = new_linear(next(keys), dim, vocab)["w"]
    return {"embed": jax.random.normal(next(keys), (vocab, dim)), "blocks": [block() for _ in range(layers)],
            "norm": jnp.ones(dim), "head": {"w": head, "b": 0.0}}


def norm(weight, x):
    return x * lax.rsqrt(jnp.mean(jnp.square(x), -1, keepdims=True) + 1e-6) * weight


def windows(x, taps):
    """A convolution over the last steps for each channel: x has (taps - 1) more steps than the result."""
    steps = x.shape[1] - len(taps) + 1
    return sum(taps[i] * x[:, i:i + steps] for i in range(len(taps)))


def mlp(weights, x, precision):
    inner = jax.nn.gelu(linear(weights["up"], norm(weights["mlp norm"], x), precision), approximate=False)
    return linear(weights["down"], inner, precision)


def dropped(x, rate, key):
    return x if key is None or rate == 0 else jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def network(weights, ids, name, form, precision, key=None):
    """The logits of the answers. No dropout without a key."""
    *_, rate, _, answers = SIZES[name]
    x = weights["embed"][ids]
    for i, block in enumerate(weights["blocks"]):
        if "channels" in block:
            x = x + linear(block["mix"], windows(jnp.pad(x, ((0, 0), (3, 0), (0, 0))), block["channels"]), precision)
        x = x + mixer(block["mixer"], norm(block["norm"], x), "mingru", form, precision)
        if "up" in block:
            x = x + dropped(mlp(block, x, precision), rate, None if key is None else jax.random.fold_in(key, i))
    return linear(weights["head"], norm(weights["norm"], x[:, -answers:]), precision)  # -0: all


def start(weights):
    """The states before the first token of one sequence: the last three inputs of a convolution, and h."""
    return [(jnp.zeros((1, 3, block["norm"].size)), jnp.zeros((1, block["mixer"]["down"]["w"].shape[0])))
            for block in weights["blocks"]]


def next_token(weights, states, token, precision):
    """The states after a token of the Shakespeare network, and its logits."""
    x, after = weights["embed"][token], []
    for block, (last, h) in zip(weights["blocks"], states):
        window = jnp.concatenate((last, x[:, None]), 1)
        x = x + linear(block["mix"], windows(window, block["channels"])[:, 0], precision)
        v, k = jnp.split(linear(block["mixer"]["project"], norm(block["norm"], x), precision), 2, -1)
        z = jax.nn.sigmoid(k)
        h = (1 - z) * h + z * positive(v)
        x = x + linear(block["mixer"]["down"], h, precision)
        x = x + mlp(block, x, precision)
        after.append((window[:, 1:], h))
    return after, linear(weights["head"], norm(weights["norm"], x), precision)
