"""Arithmetic and reverse mode, seen from Python."""

import re

import numpy as np
import pytest

import scangrad
from scangrad import Tensor


def refused(message):
    return pytest.raises(scangrad.Error, match=f"^{re.escape(message)}$")


def leaf(values):
    tensor = Tensor(np.array(values, np.float32))
    tensor.requires_grad = True
    return tensor


def test_arithmetic_is_that_of_numpy():
    random = np.random.default_rng(1)
    a, b, row = (random.normal(size=size).astype(np.float32) for size in ((2, 3), (2, 3), (3,)))
    x = Tensor(a)
    for ours, theirs in [
        (x + Tensor(b), a + b), (x + b, a + b), (b + x, b + a), (x + row, a + row), (row + x, row + a),
        (x - b, a - b), (b - x, b - a), (x - row, a - row), (row - x, row - a),
        (x * b, a * b), (b * x, b * a), (x * row, a * row), (row * x, row * a),
        (x + 2, a + 2), (2 + x, 2 + a), (x - 2, a - 2), (2 - x, 2 - a), (x * 2, a * 2), (2 * x, 2 * a),
        (x / 4, a / 4), (-x, -a), (x * np.float32(3), a * 3), (np.int64(3) * x, a * 3), (np.float64(0.5) + x, a + 0.5),
        (x.sum(), a.sum()), (x.mean(), a.mean()), (x.sum(0), a.sum(0)), (x.sum(axis=-1), a.sum(-1)),
        (x.reshape(3, 2), a.reshape(3, 2)), (x.reshape((6,)), a.reshape(6)), (x.reshape(-1, 2), a.reshape(-1, 2)),
        (scangrad.concatenate([x, b], axis=0), np.concatenate([a, b])),
        (scangrad.tanh(x), np.tanh(a)), (scangrad.exp(x), np.exp(a)),
        (scangrad.select_rows(x, [1, 1, 0]), a[[1, 1, 0]]),
    ]:  # fmt: skip
        assert ours.shape == np.shape(theirs)
        np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-5, atol=1e-6)
    assert float(x.sum()) == x.sum().item()
    for nonsense in ("a", [1, 2], None):
        with pytest.raises(TypeError):
            x + nonsense
    with refused("tensor: reshape to [4] needs 4 elements, but [2, 3] has 6"):
        x.reshape(4)
    with refused("shape: [4, -1] has a negative size, but sizes are at least 0"):
        x.reshape(4, -1)


def test_parts_are_those_of_numpy():
    a = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    x = Tensor(a)
    for key in [0, -1, np.s_[:], np.s_[1:], np.s_[:, -1], np.s_[..., 0], np.s_[:, 1:3, :2], np.s_[0, 1, 2],
                np.s_[1, ...], np.s_[0, :, -2:], np.s_[:, 2:1]]:  # fmt: skip
        assert x[key].numpy().tolist() == a[key].tolist()
    assert [row.shape for row in x] == [(3, 4), (3, 4)]
    assert len(x) == 2
    assert x[np.int64(1), ..., -1].numpy().tolist() == a[1, :, -1].tolist()
    for key in (1.5, "a", None, True, [0, 1]):
        message = f"tensor: index is {key!r}, but a whole number, a slice or ... is needed"
        with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
            x[key]
    with pytest.raises(IndexError):
        x[2**70]
    with pytest.raises(scangrad.Error, match=r"^tensor: an index contains \.\.\. 2 times, but at most once is possible$"):
        x[..., 0, ...]
    with pytest.raises(IndexError, match="tensor: index 2 is outside of an axis of size 2"):
        x[2]
    with refused("tensor: a slice has step 2, but 1 is needed"):
        x[::2]
    with refused("tensor: 4 indices are given, but [2, 3, 4] has 3 axes"):
        x[0, 0, 0, 0]
    with pytest.raises(TypeError):
        len(x[0, 0, 0])
    picked = leaf([1, 2, 3])
    (picked[1] * 5 + picked[-1]).backward()
    assert picked.grad.numpy().tolist() == [0, 5, 1]


def test_the_gradient_of_a_scan_is_a_finite_difference():
    # Each number of a, x and h0 enters the result linearly, so that a difference over a large step is exact.
    random = np.random.default_rng(2)
    values = [random.uniform(0.2, 1, (2, 7, 3)), random.normal(size=(2, 7, 3)), random.normal(size=(2, 3))]
    inputs = [leaf(each) for each in values]
    weight = random.normal(size=(2, 7, 3)).astype(np.float32)
    (scangrad.scan(*inputs) * weight).sum().backward()
    for which, tensor in enumerate(inputs):
        difference = np.zeros(tensor.shape)
        for index in np.ndindex(*tensor.shape):
            sides = []
            for step in (0.5, -0.5):
                arrays = [each.numpy().copy() for each in inputs]
                arrays[which][index] += step
                sides.append(np.sum(scangrad.scan(*arrays).numpy().astype(np.float64) * weight))
            difference[index] = sides[0] - sides[1]
        error = np.abs(tensor.grad.numpy() - difference).max() / np.abs(difference).max()
        assert error < 2e-6


def test_the_gradient_of_a_network_is_a_finite_difference():
    params = scangrad.Params(1)
    model = scangrad.SeriesModel(params, inputs=2, outputs=1, layers=2, dim=8, expansion=2)
    random = np.random.default_rng(3)
    x, y = random.normal(size=(3, 12, 2)).astype(np.float32), random.normal(size=(3, 12, 1)).astype(np.float32)
    scangrad.mean_squared_error(model(x), y).backward()
    gradient = {name: params[name].grad.numpy().copy() for name in params.names()}
    square = sum(np.sum(each.astype(np.float64) ** 2) for each in gradient.values())
    start = {name: array.copy() for name, array in params.state_dict().items()}

    def loss_at(distance):
        params.load_state_dict({name: array + np.float32(distance) * gradient[name] for name, array in start.items()})
        error = model(x).numpy().astype(np.float64) - y
        return np.mean(error**2)

    step = 1e-2 / np.sqrt(square)
    assert abs((loss_at(step) - loss_at(-step)) / (2 * step) / square - 1) < 1e-3


def test_gradients_come_by_name_and_add_up():
    x = leaf([1, 2])
    assert x.grad is None
    (x * x).sum().backward()
    (3 * x).backward([1, 10])
    assert x.grad.numpy().tolist() == [2 + 3, 4 + 30]
    x.zero_grad()
    assert x.grad is None
    y = x * 2
    y.retain_grad()
    scangrad.backward([y, y * x], [[1, 1], np.ones(2, np.float32)])
    assert y.grad.numpy().tolist() == [1 + 1, 1 + 2]
    assert x.grad.numpy().tolist() == [2 * 2 + 2, 2 * 3 + 4]
    x.requires_grad = False
    assert not (x * 2).requires_grad


def test_wrong_uses_are_told():
    x = leaf([1, 2])
    with refused("backward: root 0 has shape [2], but without a gradient one element is needed"):
        (x * 2).backward()
    loss = (x * x).sum()
    loss.backward()
    with refused("backward: the graph below sum was already consumed by an earlier backward"):
        loss.backward()
    with refused("backward: root 0 is outside any graph, but one op on a tensor that requires grad is needed"):
        loss.detach().backward()
    weight = Tensor([3.0, 4.0])
    loss = (x * weight).sum()
    weight.copy_from([5, 6])
    with refused("backward: a tensor of shape [2] was overwritten after an op saved it"):
        loss.backward()
    with refused("scan: b has shape [1, 2, 3] but a has [1, 2, 4]"):
        scangrad.scan(np.zeros((1, 2, 4), np.float32), np.zeros((1, 2, 3), np.float32))
    with refused("argument is 'f', but one of g, identity is needed"):
        scangrad.min_gru_scan(np.zeros((1, 2, 4), np.float32), candidate="f")


def test_nothing_is_recorded_inside_of_no_grad():
    x = leaf([1, 2])
    with scangrad.no_grad():
        assert not scangrad.recording()
        with scangrad.no_grad():
            pass
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad
    with pytest.raises(KeyError), scangrad.no_grad():
        raise KeyError
    assert scangrad.recording()


def test_products_in_bf16_round_their_operands():
    x, w = leaf([[1 + 2**-9, 1]]), leaf([[1, 1]])  # 1 + 2^-9 is 1 in bf16
    with scangrad.precision("bf16"):
        rounded = scangrad.affine(x, w)
        with scangrad.precision("float"):
            exact = scangrad.affine(x, w)
    assert rounded.item() == 2 and exact.item() == 2 + 2**-9
    rounded.backward()  # in the precision of the call
    assert w.grad.numpy().tolist() == [[1, 1]]
    with refused("argument is 'half', but one of float, bf16 is needed"):
        scangrad.precision("half")


def test_time_can_be_cut_into_summarized_chunks():
    random = np.random.default_rng(5)
    a, b = (random.uniform(size=(2, 9, 3)).astype(np.float32) for _ in range(2))
    a1, b1, a2, b2 = (part.copy() for part in (a[:, :4], b[:, :4], a[:, 4:], b[:, 4:]))
    h0 = leaf(random.normal(size=(2, 3)))
    whole = scangrad.scan(a=a, b=b, h0=h0)
    first, second = scangrad.summarize(a1, b1), scangrad.summarize(a=a2, b=b2)
    carried = scangrad.state_after(first, h0)
    np.testing.assert_allclose(scangrad.scan(a2, b2, carried).numpy(), whole.numpy()[:, 4:], rtol=1e-5)
    last = scangrad.state_after(scangrad.combine(later=second, earlier=first), h0)
    np.testing.assert_allclose(last.numpy(), whole.numpy()[:, -1], rtol=1e-5)
    assert scangrad.state_after(second).numpy().tolist() == second[1].numpy().tolist()
    A, X = scangrad.summarize_adjoint(a, np.ones_like(a))
    whole.sum().backward()
    np.testing.assert_allclose(A.numpy(), a.prod(1), rtol=1e-5)
    np.testing.assert_allclose(X.numpy(), h0.grad.numpy(), rtol=1e-5)


def test_fused_ops_equal_their_parts():
    random = np.random.default_rng(4)
    projection = random.normal(size=(2, 9, 6)).astype(np.float32)
    h0 = random.normal(size=(2, 3)).astype(np.float32)
    v, k = Tensor(projection)[..., :3], Tensor(projection)[..., 3:]
    z = scangrad.sigmoid(k)
    composed = scangrad.scan(1 - z, z * scangrad.positive_g(v), h0)
    fused = scangrad.min_gru_scan(projection, h0)
    np.testing.assert_allclose(fused.numpy(), composed.numpy(), rtol=1e-5, atol=1e-6)

    packed = scangrad.Boundaries.packed([0, 4, 9])
    whole = scangrad.min_gru_scan(projection[:1], h0, at=packed)
    assert whole[:, 4:].numpy().tolist() == scangrad.min_gru_scan(projection[:1, 4:].copy(), h0[1:]).numpy().tolist()
    mask = np.zeros((1, 9), bool)
    mask[0, 4] = True
    reset = scangrad.min_gru_scan(projection[:1], h0, at=scangrad.Boundaries.reset(mask))
    assert reset.numpy().tolist() == whole.numpy().tolist()
    turned = scangrad.min_gru_scan(projection[:, ::-1].copy(), h0, at=scangrad.Boundaries().reversed())
    assert turned.numpy()[:, ::-1].tolist() == fused.numpy().tolist()


def test_losses_are_those_of_numpy():
    random = np.random.default_rng(5)
    logits = random.normal(size=(2, 3, 5)).astype(np.float32)
    targets = random.integers(0, 5, (2, 3))
    log_sum = np.log(np.exp(logits).sum(-1))
    surprise = log_sum - np.take_along_axis(logits, targets[..., None], -1)[..., 0]
    assert scangrad.cross_entropy(logits, targets).item() == pytest.approx(surprise.mean(), rel=1e-6)
    mask = np.array([[1, 0, 1], [0, 0, 1]])
    masked = scangrad.cross_entropy(logits, targets, mask=mask).item()
    assert masked == pytest.approx(surprise[mask == 1].mean(), rel=1e-6)
    assert scangrad.accuracy(logits, logits.argmax(-1)) == 1
    x, weight = random.normal(size=(6, 4)).astype(np.float32), random.normal(size=(5, 4)).astype(np.float32)
    loss, accuracy = scangrad.linear_cross_entropy(x, weight, targets.reshape(-1))
    other = scangrad.affine(x, weight)
    assert loss.item() == pytest.approx(scangrad.cross_entropy(other, targets.reshape(-1)).item(), rel=1e-6)
    assert accuracy == scangrad.accuracy(other, targets.reshape(-1))
