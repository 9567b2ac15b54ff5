"""minGRU and minLSTM in JAX, with their recurrence h[t] = a[t] h[t-1] + x[t] as lax.scan or as lax.associative_scan, and the
recurrent networks that they replace as lax.scan.

Weights are dictionaries of arrays. With precision bf16 the matrix products have factors in bf16 and sums in float.
"""

import jax
from jax import lax
from jax import numpy as jnp


def linear(weights, x, precision):
    w = weights["w"]
    if precision == "bf16":
        x, w = x.astype(jnp.bfloat16), w.astype(jnp.bfloat16)
    return jnp.matmul(x, w, preferred_element_type=jnp.float32) + weights["b"]


def new_linear(key, width, out):
    bound = width ** -0.5
    of_w, of_b = jax.random.split(key)
    return {"w": jax.random.uniform(of_w, (width, out), minval=-bound, maxval=bound),
            "b": jax.random.uniform(of_b, (out,), minval=-bound, maxval=bound)}


def over_time(step, state, *sequences):
    """lax.scan with time as the second dimension."""
    after, y = lax.scan(step, state, tuple(jnp.swapaxes(each, 0, 1) for each in sequences))
    return after, jnp.swapaxes(y, 0, 1)


def by_step(a, x):
    def step(h, now):
        h = now[0] * h + now[1]
        return h, h
    return over_time(step, jnp.zeros_like(x[:, 0]), a, x)[1]


def by_tree(a, x):
    def join(left, right):
        return right[0] * left[0], right[0] * left[1] + right[1]
    return lax.associative_scan(join, (a, x), axis=1)[1]


FORMS = {"lax.scan": by_step, "associative_scan": by_tree}


def positive(v):
    return jnp.where(v < 0, jax.nn.sigmoid(v), v + 0.5)


def min_gru(form, p):
    v, k = jnp.split(p, 2, -1)
    z = jax.nn.sigmoid(k)
    return FORMS[form](1 - z, z * positive(v))


def min_lstm(form, p):
    """With normalised gates."""
    v, f, i = jnp.split(p, 3, -1)
    f, i = jax.nn.sigmoid(f), jax.nn.sigmoid(i)
    return FORMS[form](f / (f + i), i / (f + i) * positive(v))


PARTS = {"mingru": (2, min_gru), "minlstm": (3, min_lstm)}  # of the projection


def new_mixer(key, name, dim, expansion):
    of_project, of_down = jax.random.split(key)
    return {"project": new_linear(of_project, dim, PARTS[name][0] * expansion * dim),
            "down": new_linear(of_down, expansion * dim, dim)}


def mixer(weights, x, name, form, precision):
    return linear(weights["down"], PARTS[name][1](form, linear(weights["project"], x, precision)), precision)


def gru(of_input, of_state, h):
    r, z, new = jnp.split(of_input, 3, -1)
    r_h, z_h, new_h = jnp.split(of_state, 3, -1)
    z = jax.nn.sigmoid(z + z_h)
    return (1 - z) * jnp.tanh(new + jax.nn.sigmoid(r + r_h) * new_h) + z * h


def lstm(of_input, of_state, cell):
    i, f, new, o = jnp.split(of_input + of_state, 4, -1)
    cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(new)
    return cell, jax.nn.sigmoid(o) * jnp.tanh(cell)


def elman(of_input, of_state, _):
    return jnp.tanh(of_input + of_state)


RECURRENT = {"gru": (3, gru), "lstm": (4, lstm), "elman": (1, elman)}  # gates


def new_recurrent(key, name, dim):
    of_input, of_state = jax.random.split(key)
    gates = RECURRENT[name][0]
    return {"input": new_linear(of_input, dim, gates * dim), "state": new_linear(of_state, dim, gates * dim)}


def recurrent(weights, x, name, precision):
    cell = RECURRENT[name][1]

    def step(state, now):
        kept, h = state
        after = cell(now[0], linear(weights["state"], h, precision), kept)
        kept, h = after if name == "lstm" else (after, after)
        return (kept, h), h
    start = jnp.zeros_like(x[:, 0])
    return over_time(step, (start, start), linear(weights["input"], x, precision))[1]
