"""Several models train in several threads; on one model a second thread is refused."""

import os
import signal
import sys
import threading
import time

import numpy as np

import scangrad


def make(seed, dim=16):
    params = scangrad.Params(seed)
    return params, scangrad.LanguageModel(params, vocab=8, mixer="mingru", layers=1, dim=dim)


def train(seed, steps=40):
    params, model = make(seed)
    adam = scangrad.AdamW(params, lr=1e-2)
    ids = np.random.default_rng(seed).integers(0, 8, (4, 17))
    losses = []
    for _ in range(steps):
        loss = scangrad.cross_entropy(model(ids[:, :-1]), ids[:, 1:])
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses


def in_threads(*calls):
    results = [None] * len(calls)

    def run(i):
        results[i] = calls[i]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_models_of_their_own_train_side_by_side_to_the_same_bits():
    expected = [train(seed) for seed in range(3)]
    assert in_threads(*(lambda seed=seed: train(seed) for seed in range(3))) == expected


def large_scan():
    with scangrad.no_grad():
        x = scangrad.Tensor(np.linspace(-1, 1, 512 * 512, dtype=np.float32).reshape(8, 64, 512))
        return scangrad.scan(x, x * x).numpy().tobytes()


def with_three_threads(call):
    before = scangrad.threads()
    scangrad.set_threads(3)
    try:
        return call()
    finally:
        scangrad.set_threads(before)


def test_openmps_threads_and_the_librarys_own_give_the_same_bits():
    own = with_three_threads(large_scan)
    assert scangrad.use_openmp(True)
    try:
        assert with_three_threads(large_scan) == own
    finally:
        scangrad.use_openmp(False)


def test_a_process_after_fork_computes_with_several_threads():
    expected = with_three_threads(large_scan)
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # ends a child that waits in vain
        os._exit(0 if with_three_threads(large_scan) == expected else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_what_is_recorded_is_up_to_each_thread():
    with scangrad.no_grad():
        assert in_threads(scangrad.recording) == [True]


def test_denormals_are_zero_on_request():
    least = np.finfo(np.float32).tiny

    def halved():
        if not scangrad.flush_denormals(True):
            return 0.0
        assert scangrad.flushes_denormals()
        return (scangrad.Tensor([least]) * 0.5).item()

    assert in_threads(halved) == [0.0]  # a new thread, so that the others keep their setting
    assert not scangrad.flushes_denormals()
    assert (scangrad.Tensor([least]) * 0.5).item() > 0


def test_other_threads_run_while_one_computes():
    _, model = make(1, dim=128)
    ids = np.zeros((16, 256), np.int32)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # no thread has to make way, so another one runs only where this one lets it
    counts, done = [0], threading.Event()

    def count():
        while not done.is_set():
            counts[0] += 1
            time.sleep(0)

    counter = threading.Thread(target=count)
    counter.start()
    try:
        during, end = 0, time.monotonic() + 60
        while during == 0 and time.monotonic() < end:
            before = counts[0]
            model(ids)
            during = counts[0] - before
    finally:
        done.set()
        sys.setswitchinterval(interval)
        counter.join()
    assert during > 0


def refusals_of(call, others, until=""):
    """What `others` are told, beginning with `until`, while another thread is in `call` again and again."""
    told, done = {}, threading.Event()

    def keep_calling():
        while not done.is_set():
            try:
                call()
            except scangrad.Busy:
                pass

    thread = threading.Thread(target=keep_calling)
    thread.start()
    try:
        end = time.monotonic() + 60
        while len(told) < len(others) and time.monotonic() < end:
            for name, other in others.items():
                try:
                    other()
                except scangrad.Busy as error:
                    if str(error).startswith(until):
                        told[name] = str(error)
    finally:
        done.set()
        thread.join()
    return told


def test_a_second_thread_is_refused_on_one_model():
    params, model = make(1, dim=64)
    adam = scangrad.AdamW(params, lr=1e-3)
    ids = np.zeros((8, 128), np.int32)
    others = {"language_model": lambda: model(ids[:1, :1]), "adamw": adam.step, "params": params.state_dict}
    told = refusals_of(lambda: model(ids), others)
    assert told == {unit: f"{unit}: another thread is in a call on this model" for unit in others}
    assert model(ids).shape == (8, 128, 8)


def test_a_second_backward_is_refused_before_it_touches_anything():
    params, model = make(1, dim=64)
    ids = np.zeros((8, 128), np.int32)

    def loss(ids):
        return scangrad.cross_entropy(model(ids), ids)

    mine = [None]

    def go_back():
        mine[0] = loss(ids[:1, :1])
        mine[0].backward()

    told = refusals_of(lambda: loss(ids).backward(), {"backward": go_back}, until="backward: ")
    assert told == {"backward": "backward: another thread is in a call on this model"}
    mine[0].backward()  # the graph of what was refused is whole
    assert params["head.weight"].grad is not None


def test_an_input_of_ones_own_is_refused_to_a_second_thread_too():
    x = scangrad.Tensor(np.ones((64, 4096), np.float32))
    x.requires_grad = True
    told = refusals_of(lambda: scangrad.sigmoid(x).sum().backward(), {"x": lambda: x.grad})
    assert told == {"x": "tensor: another thread is in a call on this model"}


def test_arrays_die_in_whatever_thread_drops_them_last():
    def drop():
        for _ in range(200):
            x = scangrad.Tensor(np.ones(100, np.float32))
            x.requires_grad = True
            (x * np.full(100, 2, np.float32)).sum().backward()
        return True

    assert in_threads(drop, drop, drop) == [True] * 3
