"""Layers and networks: training, states, weights by name, generation."""

import os
import re

import numpy as np
import pytest

import scangrad
from scangrad import AdamW, LanguageModel, Params, SeriesModel, State


def refused(message):
    return pytest.raises(scangrad.Error, match=f"^{re.escape(message)}$")


def counting(rows=4, length=12, vocab=8):
    ids = (np.arange(length + 1) + 3 * np.arange(rows)[:, None]) % vocab
    return ids[:, :-1], ids[:, 1:]


def trained(steps=60):
    params = Params(1)
    model = LanguageModel(params, vocab=8, mixer="mingru", layers=1, dim=16, expansion=2)
    adam = AdamW(params, lr=1e-2, clip=1)
    inputs, targets = counting()
    losses = []
    for _ in range(steps):
        loss = scangrad.cross_entropy(model(inputs), targets)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return params, model, adam, losses


def test_a_network_learns_to_count_and_generates_what_it_learned():
    _, model, adam, losses = trained()
    assert losses[-1] < 0.1 < 1 < losses[0]
    assert adam.steps == 60 and adam.grad_norm > 0
    written = list(scangrad.generate(model, [5, 6], 10, temperature=0))
    assert written == [7, 0, 1, 2, 3, 4, 5, 6, 7, 0]
    inputs, targets = counting()
    loss, accuracy = model.loss(inputs, targets)
    assert loss.item() < 0.1 and accuracy == 1
    with scangrad.no_grad():
        assert model(inputs, last=2).shape == (4, 2, 8)


def test_generation_goes_on_from_a_carried_state_and_draws_the_same_for_the_same_seed():
    _, model, _, _ = trained(steps=1)
    draw = dict(temperature=1.0, top_k=0)
    state = model.start(1)
    first = list(scangrad.generate(model, [1], 5, rng=scangrad.Rng(3), state=state, **draw))
    assert state.position() == 5
    rng = scangrad.Rng(3)
    state = model.start(1)
    begun = list(scangrad.generate(model, [1], 2, rng=rng, state=state, **draw))
    assert begun == first[:2]
    assert list(scangrad.generate(model, begun[-1:], 3, rng=rng, state=state, **draw)) == first[2:]
    with refused("sampler: temperature is -1, but at least 0 is needed"):
        list(scangrad.generate(model, [1], 1, temperature=-1))
    with refused("sampler: logits has shape [2, 4], but (V) is needed"):
        scangrad.sample_token(np.zeros((2, 4), np.float32), scangrad.Rng(1))


def test_the_caller_of_generate_is_not_inside_of_no_grad():
    _, model, _, _ = trained(steps=1)
    for _ in scangrad.generate(model, [1], 2):
        assert scangrad.recording()


@pytest.mark.parametrize("mixer", scangrad.mixer_names())
def test_single_steps_with_a_carried_state_equal_the_whole_sequence(mixer):
    params = Params(2)
    model = SeriesModel(params, inputs=2, outputs=3, mixer=mixer, layers=2, dim=16, expansion=2, kernel=4, mlp=2)
    x = np.random.default_rng(1).normal(size=(3, 9, 2)).astype(np.float32)
    whole_state, state = model.start(3), model.start(3)
    with scangrad.no_grad():
        whole = model(x, whole_state).numpy()
        steps = [model(x[:, t : t + 1].copy(), state).numpy() for t in range(9)]
    np.testing.assert_allclose(np.concatenate(steps, 1), whole, rtol=2e-5, atol=2e-6)
    assert [name for name, _ in state.items()] == [name for name, _ in whole_state.items()]
    for (name, ours), (_, theirs) in zip(state.items(), whole_state.items()):
        ours, theirs = ours.numpy(), theirs.numpy()
        if name.endswith(".keys_and_values"):  # may have room for more steps
            ours, theirs = ours[:, :9], theirs[:, :9]
        np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6, err_msg=name)


def test_gradients_flow_through_a_carried_state_unless_it_is_detached():
    params = Params(3)
    mixer = scangrad.make_mixer("mingru", params / "mixer", dim=4)
    x = scangrad.Tensor(np.ones((1, 2, 4), np.float32))
    x.requires_grad = True
    state = State(1)
    mixer(x, state)
    mixer(np.ones((1, 2, 4), np.float32), state).sum().backward()
    assert np.abs(x.grad.numpy()).max() > 0
    x.zero_grad()
    mixer(x, state)
    mixer(np.ones((1, 2, 4), np.float32), state.detach()).sum().backward()
    assert x.grad is None


def test_states_are_chosen_merged_kept_and_untouched_by_an_error(tmp_path):
    params = Params(3)
    model = SeriesModel(params, layers=1, dim=4, expansion=1)
    x = np.random.default_rng(2).normal(size=(2, 5, 1)).astype(np.float32)
    state = model.start(2)
    model(x, state)
    h = state["blocks.0.mixer.h"].numpy()
    turned = state.select([1, 0])
    assert turned["blocks.0.mixer.h"].numpy().tolist() == h[::-1].tolist()
    both = State.merge([state, turned])
    assert both.rows == 4
    both.detach().save(str(tmp_path / "state.safetensors"))
    assert State.load(str(tmp_path / "state.safetensors"))["blocks.0.mixer.h"].shape == (4, 4)
    before = state.copy()
    with refused("series_model: state has 2 rows, but the batch has 3 streams"):
        model(np.zeros((3, 5, 1), np.float32), state)
    assert state["blocks.0.mixer.h"].numpy().tolist() == h.tolist()
    state["blocks.0.mixer.h"] = np.zeros((2, 4), np.float32)
    assert before["blocks.0.mixer.h"].numpy().tolist() == h.tolist()


def test_weights_have_the_names_of_the_file_and_lie_in_the_parameters_memory(tmp_path):
    params, model, _, _ = trained(steps=3)
    path = str(tmp_path / "model.safetensors")
    params.save(path, {"mixer": "mingru"}, weights="bf16")
    half = os.path.getsize(path)
    params.save(path, {"mixer": "mingru"})
    assert half < os.path.getsize(path)
    weights = params.state_dict()
    assert list(weights) == params.names()
    assert "blocks.0.mixer.to_hidden_and_gate.weight" in weights
    assert sum(array.size for array in weights.values()) == params.count
    assert all(np.shares_memory(array, params[name].numpy()) for name, array in weights.items())

    other = Params(7)
    twin = LanguageModel(other, vocab=8, mixer="mingru", layers=1, dim=16, expansion=2)
    inputs, _ = counting()
    assert model(inputs).numpy().tolist() != twin(inputs).numpy().tolist()
    other.load_state_dict(weights)
    assert model(inputs).numpy().tolist() == twin(inputs).numpy().tolist()
    third = Params(8)
    triplet = LanguageModel(third, vocab=8, mixer="mingru", layers=1, dim=16, expansion=2)
    third.load(path)
    assert model(inputs).numpy().tolist() == triplet(inputs).numpy().tolist()
    weights["head.weight"][...] = 0
    assert np.abs(model(inputs).numpy()).max() == 0


def test_running_statistics_are_among_the_weights():
    params = Params(1)
    norm = scangrad.Norm(params / "norm", 2, "batch")
    norm(np.array([[[1, 10], [3, 30]]], np.float32), training=True)
    weights = params.state_dict()
    assert weights["norm.running_mean"].tolist() == pytest.approx([0.9 * 2, 0.9 * 20])
    other = Params(1)
    twin = scangrad.Norm(other / "norm", 2, "batch")
    other.load_state_dict(weights)
    x = np.ones((1, 1, 2), np.float32)
    assert twin(x).numpy().tolist() == norm(x).numpy().tolist()


def test_names_that_do_not_match_are_listed_from_both_sides():
    params, _, _, _ = trained(steps=1)
    weights = {name: array.copy() for name, array in params.state_dict().items()}
    renamed = {name.replace("mixer", "cell"): array for name, array in weights.items()}
    with refused(
        "params: the dict lacks blocks.0.mixer.to_hidden_and_gate.weight, blocks.0.mixer.to_hidden_and_gate.bias, "
        "blocks.0.mixer.to_out.weight, blocks.0.mixer.to_out.bias and 1 more, and has unexpected "
        '"blocks.0.cell.to_hidden_and_gate.weight", "blocks.0.cell.to_hidden_and_gate.bias", '
        '"blocks.0.cell.to_out.weight", "blocks.0.cell.to_out.bias" and 1 more'
    ):
        params.load_state_dict(renamed)
    with refused('params: the dict has unexpected "extra"'):
        params.load_state_dict({**weights, "extra": np.zeros(1, np.float32)})
    changed = {name: array + 1 for name, array in weights.items()}
    with refused("params: the dict: head.weight has shape [2, 2], but [8, 16] is needed"):
        params.load_state_dict({**changed, "head.weight": np.zeros((2, 2), np.float32)})
    with refused("dlpack: array has dtype float64, but float32 is needed"):
        params.load_state_dict({**changed, "head.weight": np.zeros((8, 16))})
    for name, array in params.state_dict().items():  # nothing was set by halves
        assert array.tolist() == weights[name].tolist()


def test_training_goes_on_from_the_optimizers_dict():
    params, model, adam, _ = trained(steps=5)
    weights = {name: array.copy() for name, array in params.state_dict().items()}
    moments = {name: np.copy(value) for name, value in adam.state_dict().items()}
    moments["steps"] = int(moments["steps"])
    inputs, targets = counting()

    def step(model, adam):
        loss = scangrad.cross_entropy(model(inputs), targets)
        loss.backward()
        return loss.item(), adam.step()

    expected = [step(model, adam) for _ in range(3)]
    again = Params(9)
    model = LanguageModel(again, vocab=8, mixer="mingru", layers=1, dim=16, expansion=2)
    adam = AdamW(again, lr=1e-2, clip=1)
    again.load_state_dict(weights)
    adam.load_state_dict(moments)
    assert [step(model, adam) for _ in range(3)] == expected
    with refused("adamw: steps of the dict is 'x', but a whole number is needed"):
        adam.load_state_dict({"steps": "x"})
    with refused("adamw: the dict lacks steps"):
        adam.load_state_dict({})
    with pytest.raises(scangrad.Error, match=r"^adamw: the dict lacks m\.embedding\.weight, .* and has unexpected \"x\"$"):
        adam.load_state_dict({"steps": 1, "x": [1.0]})


def test_parameters_of_ones_own_are_trained_too():
    params = Params(1)
    weight = (params / "mine").tensor("weight", np.zeros((2, 3), np.float32), lr_scale=2)
    bias = (params / "mine").tensor("bias", np.zeros(2, np.float32), role="bias")
    adam = AdamW(params, lr=0.1, weight_decay=0)
    x, y = np.eye(3, dtype=np.float32), np.array([[1, 0], [0, 1], [1, 1]], np.float32)
    for _ in range(200):
        loss = scangrad.mean_squared_error(scangrad.affine(x, weight, bias), y)
        loss.backward()
        adam.step()
    assert loss.item() < 1e-4
    assert params.names() == ["mine.weight", "mine.bias"]
    adam.lr = 0.5
    assert adam.lr == 0.5
    with refused("params: there is no mine.wieght, the nearest is mine.weight"):
        params["mine.wieght"]
    with refused("argument is 'gait', but one of weight, bias, norm, gate, state, embedding is needed"):
        params.tensor("w", [1.0], role="gait")


def test_layers_have_their_shapes():
    params = Params(1)
    x = np.ones((2, 5, 8), np.float32)
    layers = {
        "linear": scangrad.Linear(params / "linear", 8, 8),
        "rms": scangrad.Norm(params / "rms", 8),
        "norm": scangrad.Norm(params / "norm", 8, "layer"),
        "mlp": scangrad.Mlp(params / "mlp", 8, 16),
        "geglu": scangrad.Mlp(params / "geglu", 8, 16, kind="geglu"),
        "conv": scangrad.CausalConv(params / "conv", 8, 4),
        "stack": scangrad.Stack(params / "stack", layers=1, dim=8),
        "mixer": scangrad.make_mixer("minlstm", params / 0, dim=8, gates="normalised"),
        "both": scangrad.Bidirectional(params / "both", "mingru", dim=8),
    }
    for name, layer in layers.items():
        assert layer(x).shape == (2, 5, 8), name
    wide = scangrad.Bidirectional(params / "wide", "mingru", merge="concatenate", dim=8)
    assert wide(x).shape == (2, 5, 16)
    assert scangrad.Embedding(params / "embedding", 10, 4)([[1, 2, 3]]).shape == (1, 3, 4)
    dropped = scangrad.dropout(x, 0.5, scangrad.Rng(1)).numpy()
    assert set(np.unique(dropped)) == {0, 2}
    packed = layers["stack"](x[:1], at=scangrad.Boundaries.packed([0, 2, 5]))
    assert packed.shape == (1, 5, 8)


def test_options_that_are_none_are_told_with_the_nearest():
    params = Params(1)
    with refused("language_model: there is no option mixr, the nearest is mixer"):
        LanguageModel(params, mixr="mingru")
    with refused("language_model: dim is 1.5, but a whole number is needed"):
        LanguageModel(Params(1), dim=1.5)
    with refused("mixer: space is 'logs', but one of linear, log is needed"):
        scangrad.make_mixer("mingru", Params(1), space="logs")
    with refused("adamw: clip is 'yes', but a number is needed"):
        AdamW(params, clip="yes")
    with refused("series_model: learned_h0 is 'no', but True or False is needed"):
        SeriesModel(Params(1), learned_h0="no")
    with refused("series_model: mixer is 3, but a word is needed"):
        SeriesModel(Params(1), mixer=3)
    with refused("language_model: states is an option of mamba, but the mixer is mingru"):
        LanguageModel(Params(1), states=4)


def test_inputs_and_states_that_do_not_fit_are_told():
    model = LanguageModel(Params(1), dim=4, expansion=1)
    with refused("generate: prompt is empty, but at least one id is needed"):
        next(scangrad.generate(model, [], 3))
    mixer = scangrad.make_mixer("mingru", Params(1), dim=4)
    for ids, shape in (([1, 2, 3], "[3]"), (None, "[]")):
        with refused(f"language_model: the input has shape {shape}, but (B, T) or (B, T, channels) is needed"):
            model(ids)
    with refused("language_model: ids has shape [2, 0], but (B, T) with at least one row and step is needed"):
        model(np.zeros((2, 0), np.int32))
    for x, shape in ((1.0, "[]"), ([1.0, 2.0], "[2]")):
        with refused(f"mixer: the input has shape {shape}, but (B, T) or (B, T, channels) is needed"):
            mixer(x)
    with refused("mixer: state has 3 rows, but the batch has 2 streams"):
        mixer(np.zeros((2, 5, 4), np.float32), scangrad.State(3))


def test_the_papers_first_task_is_there():
    inputs, targets = scangrad.selective_copying(seed=5, first=0, count=3, length=20, tokens=4)
    assert inputs.shape == (3, 24) and targets.shape == (3, 4) and inputs.dtype == np.int32
    for row, answer in zip(inputs, targets):
        hidden = row[:20]
        assert hidden[hidden != 15].tolist() == answer.tolist()


def test_the_rate_follows_its_schedule():
    rate = scangrad.Schedule(lr=1.0, min_lr=0.1, warmup=3, steps=13)
    assert rate(0) == 0.25 and rate(3) == 1.0 and rate(100) == 0.1 and rate(8) == pytest.approx(0.55)
