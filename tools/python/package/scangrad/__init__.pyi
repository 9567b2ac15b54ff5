# What the module offers, for editors and type checkers. A test compares the names with the module's own.
from typing import Any, Iterable, Iterator, Literal, Mapping, Protocol, Sequence, TypedDict, Union, overload

import numpy as np
from numpy.typing import NDArray

__version__: str

class _Dlpack(Protocol):
    def __dlpack__(self) -> Any: ...

# Float32, row-major: used where it lies (NumPy, PyTorch, whatever knows DLPack). Lists and numbers are copied.
_TensorLike = Union["Tensor", NDArray[np.float32], _Dlpack, Sequence[Any], float]
# Integers, 32-bit ones where they lie.
_IdsLike = Union[NDArray[np.integer[Any]], NDArray[np.bool_], _Dlpack, Sequence[Any]]
_Candidate = Literal["g", "identity"]
_Space = Literal["linear", "log"]
_Gates = Literal["plain", "normalised"]
_NormKind = Literal["rms", "torch-rms", "layer", "batch"]
_MlpKind = Literal["gelu", "geglu"]
_MixerName = str  # one of mixer_names(); options of other mixers are an error

class Error(ValueError): ...

class Busy(Error):
    """Another thread is in a call on this model."""

class Tensor:
    """A dense array of 32-bit numbers that can be differentiated."""

    requires_grad: bool
    __array_ufunc__: None
    def __init__(self, values: _TensorLike) -> None: ...
    @staticmethod
    def zeros(shape: Sequence[int]) -> Tensor: ...
    @staticmethod
    def full(shape: Sequence[int], value: float) -> Tensor: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def numel(self) -> int: ...
    @property
    def version(self) -> int: ...
    @property
    def grad(self) -> Tensor | None: ...
    def numpy(self) -> NDArray[np.float32]: ...
    def item(self) -> float: ...
    def detach(self) -> Tensor: ...
    def clone(self) -> Tensor: ...
    def copy_from(self, other: _TensorLike) -> None: ...
    @overload
    def reshape(self, shape: Sequence[int], /) -> Tensor: ...
    @overload
    def reshape(self, *sizes: int) -> Tensor: ...
    def sum(self, axis: int | None = None) -> Tensor: ...
    def mean(self) -> Tensor: ...
    def zero_grad(self) -> None: ...
    def retain_grad(self) -> None: ...
    def backward(self, gradient: _TensorLike | None = None) -> None: ...
    def __len__(self) -> int: ...
    def __getitem__(self, key: Any) -> Tensor: ...
    def __iter__(self) -> Iterator[Tensor]: ...
    def __float__(self) -> float: ...
    def __add__(self, other: _TensorLike) -> Tensor: ...
    def __radd__(self, other: _TensorLike) -> Tensor: ...
    def __sub__(self, other: _TensorLike) -> Tensor: ...
    def __rsub__(self, other: _TensorLike) -> Tensor: ...
    def __mul__(self, other: _TensorLike) -> Tensor: ...
    def __rmul__(self, other: _TensorLike) -> Tensor: ...
    def __truediv__(self, other: float) -> Tensor: ...
    def __neg__(self) -> Tensor: ...
    def __array__(self, dtype: Any = None, copy: Any = None) -> NDArray[Any]: ...
    def __dlpack__(
        self, *, stream: Any = None, max_version: tuple[int, int] | None = None, dl_device: Any = None, copy: Any = None
    ) -> Any: ...
    def __dlpack_device__(self) -> tuple[int, int]: ...

def backward(tensors: Sequence[Tensor], gradients: Sequence[_TensorLike] = []) -> None: ...
def recording() -> bool: ...

class no_grad:
    """Inside of `with no_grad():` nothing is recorded."""

    def __init__(self) -> None: ...
    def __enter__(self) -> None: ...
    def __exit__(self, *args: Any) -> None: ...

# Functions of tensors: each is explained in the C++ header of its name, ops/NAME.h.
def sigmoid(x: _TensorLike) -> Tensor: ...
def tanh(x: _TensorLike) -> Tensor: ...
def exp(x: _TensorLike) -> Tensor: ...
def log(x: _TensorLike) -> Tensor: ...
def softplus(x: _TensorLike) -> Tensor: ...
def relu(x: _TensorLike) -> Tensor: ...
def gelu(x: _TensorLike) -> Tensor: ...
def silu(x: _TensorLike) -> Tensor: ...
def positive_g(x: _TensorLike) -> Tensor: ...
def log_g(x: _TensorLike) -> Tensor: ...
def geglu(x: _TensorLike, scale: _TensorLike) -> Tensor: ...
def affine(x: _TensorLike, weight: _TensorLike, bias: _TensorLike | None = None) -> Tensor: ...
def slice(x: _TensorLike, axis: int, begin: int, end: int) -> Tensor: ...
def select_rows(x: _TensorLike, rows: Sequence[int]) -> Tensor: ...
def concatenate(tensors: Sequence[_TensorLike], axis: int) -> Tensor: ...
def lookup(table: _TensorLike, ids: _IdsLike) -> Tensor: ...
def layer_norm(x: _TensorLike, weight: _TensorLike, bias: _TensorLike | None = None, eps: float = 1e-5) -> Tensor: ...
def rms_norm(x: _TensorLike, weight: _TensorLike, eps: float = 1e-6, offset: float = 0) -> Tensor: ...
def dropout(x: _TensorLike, p: float, rng: Rng) -> Tensor: ...
def scan(a: _TensorLike, b: _TensorLike, h0: _TensorLike | None = None) -> Tensor: ...
def boundary_scan(
    a: _TensorLike,
    b: _TensorLike,
    h0: _TensorLike | None = None,
    at: Boundaries | None = None,
) -> Tensor: ...
def summarize(a: _TensorLike, b: _TensorLike) -> tuple[Tensor, Tensor]: ...
def summarize_adjoint(a: _TensorLike, dh: _TensorLike) -> tuple[Tensor, Tensor]: ...
def combine(
    later: tuple[_TensorLike, _TensorLike], earlier: tuple[_TensorLike, _TensorLike]
) -> tuple[Tensor, Tensor]: ...
def state_after(chunk: tuple[_TensorLike, _TensorLike], h: _TensorLike | None = None) -> Tensor: ...
def log_scan(
    log_a: _TensorLike,
    log_b: _TensorLike,
    h0: _TensorLike | None = None,
    form: Literal["sequential", "cumulative"] = "sequential",
    at: Boundaries | None = None,
) -> Tensor: ...
def min_gru_scan(
    projection: _TensorLike,
    h0: _TensorLike | None = None,
    candidate: _Candidate = "g",
    at: Boundaries | None = None,
) -> Tensor: ...
def min_lstm_scan(
    projection: _TensorLike,
    h0: _TensorLike | None = None,
    gates: _Gates = "plain",
    candidate: _Candidate = "g",
    at: Boundaries | None = None,
) -> Tensor: ...
def causal_conv(
    x: _TensorLike,
    weight: _TensorLike,
    bias: _TensorLike | None = None,
    tail: _TensorLike | None = None,
    at: Boundaries | None = None,
) -> Tensor: ...
def conv_tail(x: _TensorLike, tail: _TensorLike | None, taps: int, at: Boundaries | None = None) -> Tensor: ...
def elman(
    projection: _TensorLike,
    weight: _TensorLike,
    bias: _TensorLike,
    h0: _TensorLike | None = None,
    at: Boundaries | None = None,
) -> Tensor: ...
def gru(
    projection: _TensorLike,
    weight: _TensorLike,
    bias: _TensorLike,
    h0: _TensorLike | None = None,
    at: Boundaries | None = None,
) -> Tensor: ...
def lstm(
    projection: _TensorLike,
    weight: _TensorLike,
    bias: _TensorLike,
    h0: _TensorLike | None = None,
    c0: _TensorLike | None = None,
    at: Boundaries | None = None,
) -> tuple[Tensor, Tensor]: ...
def selective_scan(
    x: _TensorLike,
    pre: _TensorLike,
    A_log: _TensorLike,
    bc: _TensorLike,
    D: _TensorLike,
    h0: _TensorLike | None = None,
    at: Boundaries | None = None,
) -> tuple[Tensor, Tensor]: ...
def attention(
    qkv: _TensorLike, heads: int, at: Boundaries | None = None, dropout: float = 0, rng: Rng | None = None
) -> Tensor: ...
def mean_squared_error(prediction: _TensorLike, target: _TensorLike, mask: _IdsLike | None = None) -> Tensor: ...
def cross_entropy(
    logits: _TensorLike, targets: _IdsLike, ignore_index: int = -1, mask: _IdsLike | None = None
) -> Tensor: ...
def accuracy(logits: _TensorLike, targets: _IdsLike, ignore_index: int = -1, mask: _IdsLike | None = None) -> float: ...
def linear_cross_entropy(
    x: _TensorLike, weight: _TensorLike, targets: _IdsLike, ignore_index: int = -1, mask: _IdsLike | None = None
) -> tuple[Tensor, float]: ...

class Params:
    """Where every parameter of a network comes from."""

    def __init__(self, seed: int) -> None: ...
    def __truediv__(self, name: str | int) -> Params: ...
    def __getitem__(self, name: str) -> Tensor: ...
    def __len__(self) -> int: ...
    def tensor(
        self,
        name: str,
        values: _TensorLike,
        *,
        role: Literal["weight", "bias", "norm", "gate", "state", "embedding"] = "weight",
        decay: bool = True,
        lr_scale: float = 1,
    ) -> Tensor: ...
    def names(self) -> list[str]: ...
    @property
    def count(self) -> int: ...
    def zero_grad(self) -> None: ...
    def state_dict(self) -> dict[str, NDArray[np.float32]]: ...
    def load_state_dict(self, arrays: Mapping[str, _TensorLike]) -> None: ...
    def save(self, path: str, metadata: Mapping[str, str] = {}) -> None: ...
    def load(self, path: str) -> None: ...

class AdamW:
    """Adam with decoupled weight decay and clipping by the global norm."""

    lr: float
    def __init__(
        self,
        params: Params,
        *,
        lr: float = 1e-3,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.01,
        policy: Literal["standard", "paper"] = "standard",
        clip: float = 0,
    ) -> None: ...
    def step(self) -> float: ...
    @property
    def grad_norm(self) -> float: ...
    @property
    def steps(self) -> int: ...
    def state_dict(self) -> dict[str, Any]: ...
    def load_state_dict(self, arrays: Mapping[str, Any]) -> None: ...

class Schedule:
    """Learning rate: linear warm-up, then half a cosine down to min_lr."""

    def __init__(self, *, lr: float = 1e-3, min_lr: float = 0, warmup: int = 0, steps: int = 0) -> None: ...
    def __call__(self, step: int) -> float: ...

class State:
    """What a layer or network remembers between calls."""

    def __init__(self, rows: int = 1) -> None: ...
    @property
    def rows(self) -> int: ...
    def __getitem__(self, name: str) -> Tensor: ...
    def __setitem__(self, name: str, tensor: _TensorLike) -> None: ...
    def items(self) -> list[tuple[str, Tensor]]: ...
    def detach(self) -> State: ...
    def copy(self) -> State: ...
    def select(self, rows: Sequence[int]) -> State: ...
    @staticmethod
    def merge(states: Sequence[State]) -> State: ...
    def position(self, row: int = 0) -> int: ...
    def save(self, path: str) -> None: ...
    @staticmethod
    def load(path: str) -> State: ...

class Boundaries:
    """Where sequences begin and end inside a batch."""

    def __init__(self) -> None: ...
    @staticmethod
    def lengths(steps: Sequence[int]) -> Boundaries: ...
    @staticmethod
    def reset(mask: _IdsLike) -> Boundaries: ...
    @staticmethod
    def packed(cu_seqlens: Sequence[int]) -> Boundaries: ...
    def reversed(self) -> Boundaries: ...

class Rng:
    """A position in a stream of random numbers."""

    offset: int
    def __init__(self, seed: int, stream: int = 0) -> None: ...
    def uniform(self) -> float: ...
    def normal(self) -> float: ...

class Linear:
    def __init__(self, params: Params, inputs: int, outputs: int, bias: bool = True) -> None: ...
    def __call__(self, x: _TensorLike) -> Tensor: ...

class Embedding:
    def __init__(self, params: Params, vocab: int, dim: int, stddev: float = 1) -> None: ...
    def __call__(self, x: _IdsLike) -> Tensor: ...

class Norm:
    def __init__(self, params: Params, dim: int, kind: _NormKind = "rms") -> None: ...
    def __call__(self, x: _TensorLike, training: bool = False) -> Tensor: ...

class Mlp:
    def __init__(
        self, params: Params, dim: int, hidden: int, dropout: float = 0, kind: _MlpKind = "gelu"
    ) -> None: ...
    def __call__(self, x: _TensorLike, training: Rng | None = None) -> Tensor: ...

class CausalConv:
    def __init__(self, params: Params, dim: int, kernel: int) -> None: ...
    def __call__(self, x: _TensorLike, state: State | None = None, at: Boundaries | None = None) -> Tensor: ...

class Mixer:
    """What mixes information over time: make_mixer() makes one."""

    def __call__(
        self,
        x: _TensorLike,
        state: State | None = None,
        at: Boundaries | None = None,
        training: Rng | None = None,
    ) -> Tensor: ...

def mixer_names() -> list[str]: ...
def make_mixer(
    name: _MixerName,
    params: Params,
    *,
    dim: int = 64,
    expansion: float = 1,
    candidate: _Candidate = "g",
    space: _Space = "linear",
    gates: _Gates = "plain",
    forget_bias: float = 3,
    learned_h0: bool = True,
    bias: bool = True,
    to_out: bool = True,
    states: int = 16,
    heads: int = 1,
    dropout: float = 0,
    layers: int = 1,
) -> Mixer: ...

class Bidirectional:
    """Two mixers over the same sequences, one from each end."""

    def __init__(
        self,
        params: Params,
        mixer: _MixerName,
        merge: Literal["add", "concatenate"] = "add",
        *,
        dim: int = 64,
        expansion: float = 1,
        candidate: _Candidate = "g",
        space: _Space = "linear",
        gates: _Gates = "plain",
        forget_bias: float = 3,
        learned_h0: bool = True,
        bias: bool = True,
        to_out: bool = True,
        states: int = 16,
        heads: int = 1,
        dropout: float = 0,
        layers: int = 1,
    ) -> None: ...
    def __call__(
        self,
        x: _TensorLike,
        state: State | None = None,
        at: Boundaries | None = None,
        training: Rng | None = None,
    ) -> Tensor: ...

class Stack:
    """The paper's residual network between an input and a head."""

    def __init__(
        self,
        params: Params,
        *,
        mixer: _MixerName = "mingru",
        layers: int = 3,
        dim: int = 64,
        expansion: float = 6,
        kernel: int = 0,
        mlp: float = 0,
        mlp_kind: _MlpKind = "gelu",
        norm: _NormKind = "rms",
        dropout: float = 0,
        candidate: _Candidate = "g",
        space: _Space = "linear",
        gates: _Gates = "plain",
        forget_bias: float = 3,
        learned_h0: bool = True,
        bias: bool = True,
        to_out: bool = True,
        states: int = 16,
        heads: int = 1,
        recompute: bool = False,
    ) -> None: ...
    def __call__(
        self,
        x: _TensorLike,
        state: State | None = None,
        at: Boundaries | None = None,
        training: Rng | None = None,
    ) -> Tensor: ...

class SeriesModel:
    """Numbers in; numbers out at every step, or for each sequence."""

    def __init__(
        self,
        params: Params,
        *,
        inputs: int = 1,
        outputs: int = 1,
        head: Literal["last", "mean", "step"] = "step",
        residual: bool = False,
        mixer: _MixerName = "mingru",
        layers: int = 3,
        dim: int = 64,
        expansion: float = 6,
        kernel: int = 0,
        mlp: float = 0,
        mlp_kind: _MlpKind = "gelu",
        norm: _NormKind = "rms",
        dropout: float = 0,
        candidate: _Candidate = "g",
        space: _Space = "linear",
        gates: _Gates = "plain",
        forget_bias: float = 3,
        learned_h0: bool = True,
        bias: bool = True,
        to_out: bool = True,
        states: int = 16,
        heads: int = 1,
        recompute: bool = False,
    ) -> None: ...
    def start(self, rows: int) -> State: ...
    def __call__(
        self,
        x: _TensorLike,
        state: State | None = None,
        at: Boundaries | None = None,
        training: Rng | None = None,
    ) -> Tensor: ...

class LanguageModel:
    """Tokens in, a distribution over tokens out, at every step."""

    def __init__(
        self,
        params: Params,
        *,
        vocab: int = 16,
        outputs: int = 0,
        mixer: _MixerName = "mingru",
        layers: int = 3,
        dim: int = 64,
        expansion: float = 6,
        kernel: int = 0,
        mlp: float = 0,
        mlp_kind: _MlpKind = "gelu",
        norm: _NormKind = "rms",
        dropout: float = 0,
        embed_dropout: float = 0,
        candidate: _Candidate = "g",
        space: _Space = "linear",
        gates: _Gates = "plain",
        forget_bias: float = 3,
        learned_h0: bool = True,
        bias: bool = True,
        to_out: bool = True,
        states: int = 16,
        heads: int = 1,
        positions: int = 0,
        tied: bool = False,
        recompute: bool = False,
    ) -> None: ...
    def start(self, rows: int) -> State: ...
    def __call__(
        self,
        ids: _IdsLike,
        state: State | None = None,
        at: Boundaries | None = None,
        training: Rng | None = None,
        last: int = 0,
    ) -> Tensor: ...
    def loss(
        self,
        ids: _IdsLike,
        targets: _IdsLike,
        state: State | None = None,
        at: Boundaries | None = None,
        training: Rng | None = None,
    ) -> tuple[Tensor, float]: ...

def sample_token(
    logits: _TensorLike, rng: Rng, *, temperature: float = 0.8, top_k: int = 200, top_p: float = 1
) -> int: ...
def generate(
    model: LanguageModel,
    prompt: Iterable[int],
    tokens: int,
    *,
    rng: Rng | None = None,
    state: State | None = None,
    temperature: float = 0.8,
    top_k: int = 200,
    top_p: float = 1.0,
) -> Iterator[int]: ...
def selective_copying(
    seed: int, first: int, count: int, length: int = 4096, tokens: int = 16, vocab: int = 16
) -> tuple[NDArray[np.int32], NDArray[np.int32]]: ...

class _MemoryStats(TypedDict):
    live: int
    peak: int
    reserved: int

def memory_stats() -> _MemoryStats: ...
def threads() -> int: ...
def set_threads(count: int) -> None: ...
