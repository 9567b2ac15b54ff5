#!/usr/bin/env python3
"""Turns the weights in a PyTorch file into safetensors, which `scangrad convert` reads.

    python3 tools/pt_to_safetensors.py theirs.pt theirs.safetensors
    python3 tools/pt_to_safetensors.py best_ckpt.tar theirs.safetensors --key model

The file is a state_dict, or a checkpoint with one inside: the only one, or that under --key. What torch.nn.DataParallel
and torch.compile put before the names ("module.", "_orig_mod.") goes. Needs PyTorch only. The file is read as weights
alone; one that holds objects of other classes, as BorealisAI's checkpoints do, needs --trust, which runs whatever code
is in it.
"""
import argparse
import inspect
import json
import re
import sys

import torch

DTYPES = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16",
          torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8",
          torch.bool: "BOOL"}


def state_dict(checkpoint, key):
    """The weights in what a file held."""
    def is_one(value):
        return isinstance(value, dict) and value and all(isinstance(each, torch.Tensor) for each in value.values())

    found = {"": checkpoint} if is_one(checkpoint) else {}
    if isinstance(checkpoint, dict):
        found.update((name, value) for name, value in checkpoint.items() if is_one(value))
    if key is None and len(found) == 1:
        return next(iter(found.values()))
    if key not in found:
        sys.exit(f"pt_to_safetensors: weights are under {sorted(found)}, so one of these is needed as --key"
                 if found else "pt_to_safetensors: the file holds no state_dict")
    return found[key]


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
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(parts))


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
        sys.exit(f"pt_to_safetensors: {options.source} cannot be read: {str(error).splitlines()[0]}")
    tensors = {re.sub(r"^(module\.|_orig_mod\.)+", "", name): tensor
               for name, tensor in state_dict(checkpoint, options.key).items()}
    save(tensors, options.target)
    print(f"{len(tensors)} tensors in {options.target}")


if __name__ == "__main__":
    main()
