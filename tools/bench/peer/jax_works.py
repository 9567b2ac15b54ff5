"""The works of the benchmarks in JAX, with jit. WORKS[name](*words) has forms to build; a built form is a function that does
the work once and returns what it computed (torch_works.py has the same for PyTorch)."""

import os

# XLA starts as many threads as there are processors for it.
if "OMP_NUM_THREADS" in os.environ:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:int(os.environ["OMP_NUM_THREADS"])])
os.environ["JAX_PLATFORMS"] = "cpu"

import jax  # noqa: E402  # reads the environment
from jax import lax  # noqa: E402
from jax import numpy as jnp  # noqa: E402

import jax_forms  # noqa: E402
import jax_network  # noqa: E402

TITLE, PACKAGE, VERSION = "JAX", "jax", jax.__version__
TOKENS = 100  # of one run of Generate
LEARNING_RATE, WEIGHT_DECAY, BETA1, BETA2, EPSILON = 1e-3, 1e-2, 0.9, 0.999, 1e-8

jax.config.update("jax_default_prng_impl", "rbg")  # the fastest for dropout


def difference(results, expected):
    """Relative, by the roots of mean squares: the derivative of `positive` jumps at 0, so single gradients differ more."""
    return max(float(jnp.linalg.norm(jnp.ravel(a - b)) / jnp.linalg.norm(jnp.ravel(b))) for a, b in zip(results, expected))


def variants(forms):
    return [(form, precision) for precision in ("float", "bf16") for form in forms]


def normal(seed, *shape):
    return jax.random.normal(jax.random.key(seed), shape)


class Work:
    """What a layer and a scan share: `forward(weights, x)` and its backward pass."""

    reference = "lax.scan"

    def __init__(self, name, B, T, D):
        self.name, self.sizes = name, (B, T, D)
        self.variants = variants([self.reference] if name in jax_forms.RECURRENT else jax_forms.FORMS)

    def small(self):
        B, T, D = self.sizes
        return type(self)(self.name, min(B, 2), min(T, 64), D)

    def build(self, form, precision):
        weights, x = self.inputs()
        dy = normal(2, *self.sizes)

        @jax.jit
        def both(weights, x):
            y, backward = jax.vjp(lambda weights, x: self.forward(weights, x, form, precision), weights, x)
            return y, backward(dy)

        def run():
            y, (_, dx) = jax.block_until_ready(both(weights, x))
            return [y, dx]
        return run


class Scan(Work):
    """The recurrence with its gates, forward + backward. Without matrix products both precisions are the same."""

    def __init__(self, *words):
        super().__init__(*words)
        self.variants = [each for each in self.variants if each[1] == "float"]

    def inputs(self):
        B, T, D = self.sizes
        return {}, normal(1, B, T, jax_forms.PARTS[self.name][0] * D)

    def forward(self, _, x, form, precision):
        return jax_forms.PARTS[self.name][1](form, x)


class Layer(Work):
    """One layer, forward + backward."""

    def inputs(self):
        key, D = jax.random.key(1), self.sizes[2]
        is_recurrent = self.name in jax_forms.RECURRENT
        weights = jax_forms.new_recurrent(key, self.name, D) if is_recurrent else jax_forms.new_mixer(key, self.name, D, 1)
        return weights, normal(3, *self.sizes)

    def forward(self, weights, x, form, precision):
        if self.name in jax_forms.RECURRENT:
            return jax_forms.recurrent(weights, x, self.name, precision)
        return jax_forms.mixer(weights, x, self.name, form, precision)


def adamw(weights, gradient, moments, t):
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, moments[0], gradient)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, moments[1], gradient)
    rate, scale = LEARNING_RATE / (1 - BETA1 ** t), 1 / (1 - BETA2 ** t)
    weights = jax.tree.map(lambda w, m, v: w * (1 - LEARNING_RATE * WEIGHT_DECAY) - rate * m / (jnp.sqrt(v * scale) + EPSILON),
                           weights, m, v)
    return weights, (m, v)


class Step:
    """A training step: forward, loss, backward, clipping, AdamW. Without dropout if it is not training."""

    reference = "lax.scan"

    def __init__(self, name, B, T, training=True):
        self.name, self.sizes, self.training = name, (B, T), training
        self.variants = variants(jax_forms.FORMS)
        vocab, *_, answers = jax_network.SIZES[name]
        self.ids = jax.random.randint(jax.random.key(2), (B, T + answers), 0, vocab)
        self.targets = jax.random.randint(jax.random.key(3), (B, answers or T), 0, vocab)

    def small(self):
        B, T = self.sizes
        return Step(self.name, min(B, 2), min(T, 64), training=False)

    def loss(self, weights, form, precision, key):
        logits = jax_network.network(weights, self.ids, self.name, form, precision, key if self.training else None)
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), self.targets[..., None], -1).mean()

    def build(self, form, precision):
        clip = jax_network.SIZES[self.name][6]

        def step(weights, moments, t):
            key = jax.random.fold_in(jax.random.key(4), t)
            loss, gradient = jax.value_and_grad(self.loss)(weights, form, precision, key)
            norm = jnp.sqrt(sum(jnp.vdot(each, each) for each in jax.tree.leaves(gradient)))
            gradient = jax.tree.map(lambda g: g * jnp.minimum(1, clip / norm), gradient)
            return *adamw(weights, gradient, moments, t), (loss, norm)
        step = jax.jit(step, donate_argnums=(0, 1))
        weights = jax_network.new_network(self.name)
        zeros = jax.tree.map(jnp.zeros_like, weights)
        state = [weights, (zeros, jax.tree.map(jnp.copy, zeros)), 1]

        def run():
            weights, moments, results = jax.block_until_ready(step(*state))
            state[:] = weights, moments, state[2] + 1
            return list(results)
        return run


class Generate:
    """One token at a time, with the Shakespeare network: a call for each token, or lax.scan over all tokens."""

    reference = "whole sequence"

    def __init__(self):
        self.ids, self.parts = None, TOKENS
        self.variants = variants(["step", "lax.scan"])

    def small(self):
        work = Generate()
        work.ids = jax.random.randint(jax.random.key(2), (1, 8), 0, 65)
        return work

    def build(self, form, precision):
        weights = jax_network.new_network("shakespeare")
        if precision == "bf16":
            weights = jax.tree.map(lambda w: jnp.asarray(w).astype(jnp.bfloat16) if jnp.ndim(w) == 2 else w, weights)
        if form == self.reference:
            return lambda: [jax_network.network(weights, self.ids, "shakespeare", "lax.scan", precision)[0]]
        fixed = jnp.zeros(0, int) if self.ids is None else self.ids[0]

        @jax.jit
        def step(weights, states, token, t):
            token = fixed[t][None] if len(fixed) else token
            states, logits = jax_network.next_token(weights, states, token, precision)
            return states, logits.argmax(-1), logits

        @jax.jit
        def every(weights, states, token):
            def body(carry, t):
                states, token, logits = step(weights, *carry, t)
                return (states, token), logits
            return lax.scan(body, (states, token), jnp.arange(len(fixed) or TOKENS))[1][:, 0]

        def run():
            states, token, logits = jax_network.start(weights), jnp.zeros(1, int), []
            if form == "lax.scan":
                logits = list(jax.block_until_ready(every(weights, states, token))[:, None])
            else:
                for t in range(len(fixed) or TOKENS):
                    states, token, of_token = step(weights, states, token, t)
                    logits.append(of_token)
            return [jax.block_until_ready(jnp.concatenate(logits if len(fixed) else logits[:1]))]
        return run


WORKS = {"scan": Scan, "layer": Layer, "step": Step, "generate": Generate}
