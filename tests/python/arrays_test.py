"""Arrays go in and out without a copy, or are refused in one line."""

import gc
import re
import weakref

import numpy as np
import pytest

import scangrad
from scangrad import Tensor


def refused(message):
    return pytest.raises(scangrad.Error, match=f"^{re.escape(message)}$")


def test_what_is_written_on_one_side_is_read_on_the_other():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    tensor = Tensor(array)
    assert tensor.shape == (2, 3)
    array[1, 2] = 50
    assert tensor.sum().item() == 0 + 1 + 2 + 3 + 4 + 50
    tensor.copy_from(-array)
    assert array[1, 2] == -50
    view = tensor.numpy()
    assert np.shares_memory(view, array)
    view[0, 0] = 7
    assert array[0, 0] == 7


def test_results_are_shared_too():
    x = Tensor([1.0, 2.0])
    y = x + x
    view = y.numpy()
    view[0] = 10
    assert y[0].item() == 10
    assert np.shares_memory(np.asarray(y), view)
    assert np.shares_memory(np.from_dlpack(y), view)
    assert np.asarray(y, dtype=np.float64).dtype == np.float64


def test_a_copy_is_made_where_one_is_asked_for():
    tensor = Tensor([1.0, 2.0])
    view = tensor.numpy()
    for copy in (np.array(tensor), tensor.__array__(copy=True), Tensor(Producer(tensor, copy=True)).numpy()):
        assert copy.tolist() == [1, 2]
        assert not np.shares_memory(copy, view)
    assert np.shares_memory(tensor.__array__(np.float32, copy=False), view)
    with refused("tensor: an array of another dtype is always a copy, but copy=False was given"):
        tensor.__array__(np.float64, copy=False)
    assert Tensor(Producer(tensor, dl_device=(1, 0))).numpy().tolist() == [1, 2]
    with pytest.raises(BufferError, match=re.escape("tensor: device is (2, 0), but (1, 0), the CPU, is needed")):
        tensor.__dlpack__(dl_device=(2, 0))


def test_an_array_outlives_its_tensor_and_a_tensor_its_array():
    array = np.ones(1000, np.float32)
    alive = weakref.ref(array)
    tensor = Tensor(array)
    view = tensor.numpy()
    del array, tensor
    gc.collect()
    assert alive() is not None and view.sum() == 1000
    del view
    gc.collect()
    assert alive() is None

    result = (Tensor(np.ones(1000, np.float32)) * 2).numpy()
    gc.collect()
    assert result.sum() == 2000


def test_the_graph_keeps_an_array_until_backward_has_run():
    array = np.full(3, 2, np.float32)
    alive = weakref.ref(array)
    x = Tensor([1.0, 2.0, 3.0])
    x.requires_grad = True
    loss = (x * array).sum()
    del array
    gc.collect()
    assert alive() is not None
    loss.backward()
    del loss
    gc.collect()
    assert alive() is None
    assert x.grad.numpy().tolist() == [2, 2, 2]


def test_any_address_that_suits_an_element_is_taken():
    raw = np.zeros(4 * 70 + 16, np.uint8)
    for offset in (0, 4, 8, 12):
        array = raw[offset : offset + 4 * 70].view(np.float32).reshape(1, 10, 7)
        array[...] = 0.5
        tensor = Tensor(array)
        assert tensor.numpy().ctypes.data == array.ctypes.data
        h = scangrad.scan(array, np.ones((1, 10, 7), np.float32))
        assert h[0, -1, 3].item() == 2 - 0.5**9


def test_parts_without_gaps_are_taken():
    array = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    assert np.shares_memory(Tensor(array[1:3]).numpy(), array)
    assert np.shares_memory(Tensor(array[:, :1][2]).numpy(), array)
    assert Tensor(np.float32(3)).shape == ()
    assert Tensor(np.zeros((3, 0, 2), np.float32)).shape == (3, 0, 2)


def test_what_cannot_be_shared_is_refused():
    array = np.zeros((3, 4), np.float32)
    with refused("dlpack: array has dtype float64, but float32 is needed"):
        Tensor(array.astype(np.float64))
    with refused("dlpack: array has dtype int32, but float32 is needed"):
        scangrad.sigmoid(array.astype(np.int32))
    with refused("dlpack: array has dtype bool, but float32 is needed"):
        Tensor(array > 0)
    with refused("dlpack: array has dtype opaque32, but float32 is needed"):
        Tensor(array.astype(">f4"))
    with refused("dlpack: array of shape [4, 3] has strides [1, 4], but [3, 1] (row-major, without gaps) is needed"):
        Tensor(array.T)
    with refused("dlpack: array of shape [3, 2] has strides [4, 2], but [2, 1] (row-major, without gaps) is needed"):
        Tensor(array[:, ::2])
    with refused("dlpack: array of shape [3, 4] has strides [0, 1], but [4, 1] (row-major, without gaps) is needed"):
        Tensor(np.broadcast_to(array[0], (3, 4)))
    with refused("array: a stride has 6 bytes, but multiples of the 4 of an element are needed"):
        Tensor(np.zeros(3, [("a", "f4"), ("b", "i2")])["a"])
    with pytest.raises(scangrad.Error, match="^dlpack: array has dtype opaque0, but float32 is needed$"):
        Tensor(np.zeros(3, "V0"))
    with refused("dlpack: the array's address is 1 bytes above a multiple of 4, but a multiple is needed"):
        Tensor(np.frombuffer(bytearray(17), np.float32, 3, offset=1))
    with refused("shape: rank is 7, but at most 6 axes are supported"):
        Tensor(np.zeros((1,) * 7, np.float32))
    with refused("tensor: values is None, but an array, a list or a number is needed"):
        Tensor(None)


def test_read_only_arrays_are_read_in_place_and_not_written():
    array = np.arange(3, dtype=np.float32)
    array.flags.writeable = False
    tensor = Tensor(array)
    assert np.shares_memory(tensor.numpy(), array)
    assert not tensor.numpy().flags.writeable
    assert (tensor * 2).numpy().flags.writeable
    with refused("tensor: memory of shape [3] is read-only, but a write was attempted"):
        tensor.copy_from([1, 2, 3])
    with refused("dlpack: tensor of shape [3] is read-only, which only the versioned form can say"):
        tensor.__dlpack__()


class Producer:
    """An array that has nothing but DLPack, like those of other libraries."""

    def __init__(self, array, **options):
        self.array, self.options = array, options

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options, **self.options)


def test_arrays_of_other_libraries_come_by_dlpack():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    alive = weakref.ref(array)
    tensor = Tensor(Producer(array))
    assert np.shares_memory(tensor.numpy(), array)
    del array
    gc.collect()
    assert tensor.numpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    del tensor
    gc.collect()
    assert alive() is None

    ours = Tensor(Producer(Tensor([1.0, 2.0])))  # the versioned form
    assert ours.numpy().tolist() == [1, 2]
    with refused("dlpack: array has dtype float64, but float32 is needed"):
        Tensor(Producer(np.zeros(3)))
    ids = Producer(np.array([[0, 1], [1, 0]]))
    assert scangrad.lookup([[1.0], [2.0]], ids).numpy().tolist() == [[[1], [2]], [[2], [1]]]


def test_tensors_of_pytorch_are_shared_both_ways():
    torch = pytest.importorskip("torch")
    theirs = torch.arange(6, dtype=torch.float32).reshape(2, 3)
    ours = Tensor(theirs)
    theirs[1, 2] = 50
    assert ours[1, 2].item() == 50
    torch.from_dlpack(ours)[0, 0] = 7
    assert theirs[0, 0] == 7
    assert scangrad.select_rows(theirs, [1]).numpy().tolist() == [[3, 4, 50]]
    assert scangrad.lookup(theirs, torch.tensor([1, 0]))[0, 2].item() == 50
    with refused("dlpack: array of shape [3, 2] has strides [1, 3], but [2, 1] (row-major, without gaps) is needed"):
        Tensor(theirs.T)


def test_a_capsule_is_taken_over_once_and_one_that_was_not_frees_itself():
    class Once:
        def __init__(self, capsule):
            self.capsule = capsule

        def __dlpack__(self):
            return self.capsule

    array = np.ones(4, np.float32)
    alive = weakref.ref(array)
    once = Once(Tensor(array).__dlpack__(max_version=(1, 1)))
    assert np.shares_memory(Tensor(once).numpy(), array)
    with pytest.raises(scangrad.Error, match="^array: __dlpack__ gives .*used_dltensor_versioned.* is needed$"):
        Tensor(once)
    once.capsule = Tensor(array).__dlpack__()  # never taken
    del once, array
    gc.collect()
    assert alive() is None


def test_lists_and_numbers_are_copied():
    assert Tensor([[1, 2], [3, 4]]).numpy().tolist() == [[1, 2], [3, 4]]
    assert Tensor(3).shape == ()
    with pytest.raises(ValueError, match="could not convert string to float"):
        Tensor("three")


def test_ids_are_taken_in_every_kind_of_integer():
    table = [[1.0], [2.0], [3.0]]
    for dtype in (np.int32, np.int64, np.uint8, np.int8):
        ids = np.array([[0, 2, 1], [1, 1, 0]], dtype)
        assert scangrad.lookup(table, ids)[..., 0].numpy().tolist() == [[1, 3, 2], [2, 2, 1]]
        assert scangrad.lookup(table, ids[:, :-1])[..., 0].numpy().tolist() == [[1, 3], [2, 2]]
        assert scangrad.lookup(table, ids.T).shape == (3, 2, 1)
    assert scangrad.lookup(table, [2, 0])[:, 0].numpy().tolist() == [3, 1]
    assert scangrad.lookup(table, np.array([True, False]))[:, 0].numpy().tolist() == [2, 1]
    read_only = np.array([2], np.int32)
    read_only.flags.writeable = False
    assert scangrad.lookup(table, read_only).item() == 3
    with refused("dlpack: array has dtype float32, but int32 or int64 is needed"):
        scangrad.lookup(table, np.zeros(2, np.float32))
    with refused("dlpack: array has 5000000000 at [1], but ids of 32 bits are needed"):
        scangrad.lookup(table, np.array([0, 5_000_000_000]))
    with refused("lookup: ids has 3 at [1], but the table has 3 rows"):
        scangrad.lookup(table, [0, 3])
