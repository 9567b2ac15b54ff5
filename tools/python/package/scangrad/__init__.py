"""minGRU and minLSTM from scratch: a reverse-mode tensor engine whose scan gradients are written by hand.

    params = scangrad.Params(seed=1337)
    model = scangrad.LanguageModel(params, vocab=256, mixer="mingru", layers=2, dim=128)
    adam = scangrad.AdamW(params, lr=1e-3, clip=1.0)
    loss = scangrad.cross_entropy(model(ids), targets)     # ids, targets: NumPy arrays of integers (B, T)
    loss.backward()
    adam.step()

Arrays of 32-bit numbers from NumPy, PyTorch or any library with DLPack are not copied; `Tensor.numpy()` returns an array
that shares the tensor's memory. Calls that compute release the GIL, so several models can train in several threads. If
two threads call the same model, the second gets a Busy error.
"""

from ._core import *  # noqa: F403
from ._core import Error, Rng, __version__, no_grad, sample_token


def generate(model, prompt, tokens, *, rng=None, state=None, temperature=0.8, top_k=200, top_p=1.0):
    """Yields token ids that the model draws one after the other, after a prompt of at least one id.

    If a state is given, it is read and updated, so a later call can continue from it. The last token is not in it yet.
    """
    rng = Rng(1337) if rng is None else rng
    state = model.start(1) if state is None else state
    ids = [list(prompt)]
    if not ids[0]:
        raise Error("generate: prompt is empty, but at least one id is needed")
    for _ in range(tokens):
        with no_grad():  # not around the yield: the caller's own code runs there
            logits = model(ids, state, last=1)
        token = sample_token(logits, rng, temperature=temperature, top_k=top_k, top_p=top_p)
        yield token
        ids = [[token]]
