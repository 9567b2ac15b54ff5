#!/usr/bin/env python3
"""Turns the weights in a PyTorch file into safetensors, which `scangrad convert` reads.

    python3 tools/pt_to_safetensors.py theirs.pt theirs.safetensors
    python3 tools/pt_to_safetensors.py best_ckpt.tar theirs.safetensors --key model

The file is a state_dict, or a checkpoint with one inside: the only one, or that under --key. What torch.nn.DataParallel
and torch.compile put before the names ("module.", "_orig_mod.") goes. Needs PyTorch only. The file is read as weights
alone; one that holds objects of other classes, as BorealisAI's checkpoints do, needs --trust, which runs whatever code
is in it. The target is written whole or not at all.
"""
import argparse
import inspect
import json
import os
import re
import sys

import torch

DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16",
          torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8",
          torch.bool: "BOOL"}


def fail(message):
    sys.exit(f"pt_to_safetensors: {message}")


def first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def state_dict(checkpoint, key):
    """The weights in what a file held."""
    def is_one(value):
        return isinstance(value, dict) and value and all(isinstance(each, torch.Tensor) for each in value.values())

    found = {"": checkpoint} if is_one(checkpoint) else {}
    if isinstance(checkpoint, dict):
        found.update((str(name), value) for name, value in checkpoint.items() if is_one(value))
    if key is None and len(found) == 1:
        return next(iter(found.values()))
    if key not in found:
        fail(f"weights are under {sorted(found)}, so one of these is needed as --key"
             if found else "the file holds no state_dict")
    return found[key]


def named(weights):
    """The tensors under their names without prefixes, all of which the format can hold."""
    tensors = {}
    for given, tensor in weights.items():
        if not isinstance(given, str):
            fail(f"a tensor is named {given!r}, but a string is needed")
        name = re.sub(r"^(module\.|_orig_mod\.)+", "", given)
        if name == "__metadata__":
            fail("a tensor is named __metadata__, which the format keeps for itself")
        if name in tensors:
            fail(f"two tensors are named {name}, as prefixes go")
        if tensor.layout != torch.strided or tensor.dtype not in DTYPES or tensor.device.type != "cpu":
            kind = ", ".join(str(part) for part in (tensor.dtype, tensor.layout, tensor.device))
            fail(f"{name} is {kind}, but dense real numbers, integers or booleans are needed")
        tensors[name] = tensor
    return tensors


def save(tensors, path):
    """The safetensors format: the length of a JSON header, the header, the numbers, wide ones first."""
    header, parts, end = {"__metadata__": {"format": "pt"}}, [], 0
    for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].element_size()):
        data = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes()
        begin, end = end, end + len(data)
        header[name] = {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
        parts.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    unfinished = f"{path}.{os.getpid()}-0.tmp"
    try:
        with open(unfinished, "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text + b"".join(parts))
        os.replace(unfinished, path)
    except OSError as error:
        if os.path.exists(unfinished):
            os.remove(unfinished)
        fail(f"{path} cannot be written: {error.strerror}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--key", help="where in a checkpoint the weights are")
    parser.add_argument("--trust", action="store_true", help="read objects of any class, running their code")
    options = parser.parse_args()
    can_be_careful = "weights_only" in inspect.signature(torch.load).parameters
    care = {"weights_only": not options.trust} if can_be_careful else {}
    try:
        checkpoint = torch.load(options.source, map_location="cpu", **care)
    except Exception as error:  # whatever an unpickler throws
        fail(f"{options.source} cannot be read: {first_line(error)}")
    tensors = named(state_dict(checkpoint, options.key))
    save(tensors, options.target)
    print(f"{len(tensors)} tensors in {options.target}")


if __name__ == "__main__":
    main()
