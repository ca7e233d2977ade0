"""Writes self-check.json: the logits and greedy tokens a device is checked against, for each dtype of the weights.

    python3 tools/tiny-tales/self_check.py test/golden/tiny-tales/reference.json public/models/tiny-tales public/models/tiny-tales/self-check.json

f32 holds PyTorch's logits from the golden reference. For f16, int8 and int4 the weights are rounded as docs/kernels.md
says and run through the forward pass below in float64, so what is left between a device and these logits is its
arithmetic. The same pass over the f32 weights must agree with PyTorch, or nothing is written.

Tolerances, absolute per logit:

    f32    1e-3, the promise of docs/numerics.md
    others 1e-3 plus twice the largest change of a logit when weights that lie next to the middle between two steps
           are rounded the other way (a device's division is not exact), plus, under "half", twice the largest
           change when the inputs of every product are rounded to f16, which devices with shader-f16 may do in a prompt

Of each prompt's logits a part is kept, with the ten highest. Greedy tokens end before the first whose lead over the
second is smaller than twice the tolerance: there a right device may choose either.
"""
import json
import struct
import sys
from pathlib import Path

import numpy as np
import torch

GOLDEN, MODEL, TARGET = sys.argv[1:4]
DTYPES = ("f32", "f16", "int8", "int4")
PROMISE = 1e-3
GREEDY_TOKENS = 16
# WGSL allows a division an error of 2.5 units in the last place, and a product 0.5.
NEAR_TIE = 4e-7


def read_safetensors(path):
    data = Path(path).read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    kinds = {"F32": np.float32, "F16": np.float16}
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + length + begin : 8 + length + end], kinds[entry["dtype"]])
        tensors[name.removeprefix("transformer.")] = values.reshape(entry["shape"]).astype(np.float32)
    return tensors


def round_steps(values, low, high, flip):
    """Rounds half to even and clamps; with `flip`, values next to the middle between two steps go the other way."""
    rounded = np.rint(values)
    if flip:
        down = np.floor(values)
        near = np.abs(values - down - 0.5) < NEAR_TIE * np.maximum(1, np.abs(values))
        rounded = np.where(near, 2 * down + 1 - rounded, rounded)
    return np.clip(rounded, low, high)


def to_int8(rows, flip):
    """rows [out][in]; 64 weights along the input share the scale largest / 127. In f32, as the kernel computes it."""
    groups = rows.reshape(rows.shape[0], -1, 64)
    largest = np.abs(groups).max(-1, keepdims=True)
    inverse = np.divide(np.float32(127), largest, out=np.zeros_like(largest), where=largest > 0)
    steps = round_steps(groups * inverse, -127, 127, flip)
    return (steps.astype(np.float64) * (largest / np.float32(127))).reshape(rows.shape)


def to_int4(rows, flip):
    """
    rows [out][in]; 32 weights along the input share an f16 scale with a sign: of eleven that map the weight of largest
    magnitude to between -6 and -8.5 the one of least squared error. In f32, as the kernel computes it. With `flip`, the
    last of equally good scales.
    """
    groups = rows.reshape(rows.shape[0], -1, 32)
    at = np.abs(groups).argmax(-1)[..., None]
    largest = np.take_along_axis(groups, at, -1)
    best, best_error = np.ones_like(largest), np.full_like(largest, np.inf)
    slack = np.float32(1 + 10 * NEAR_TIE if flip else 1)
    for candidate in range(11):
        scale = (largest / np.float32(-(6 + 0.25 * candidate))).astype(np.float16).astype(np.float32)
        safe = np.where(scale == 0, np.float32(1), scale)
        off = groups - round_steps(groups / safe, -8, 7, False) * scale
        error = (off * off).sum(-1, keepdims=True)
        better = (error < best_error * slack) & (scale != 0)
        best, best_error = np.where(better, scale, best), np.where(better, np.minimum(error, best_error), best_error)
    best = np.where(np.abs(largest) < 1e-7, np.float32(1), best)
    return (round_steps(groups / best, -8, 7, flip).astype(np.float64) * best).reshape(rows.shape)


def rounded(rows, dtype, flip):
    if dtype == "f32":
        return rows.astype(np.float64)
    if dtype == "f16":
        return np.clip(rows, -65504, 65504).astype(np.float16).astype(np.float64)
    return to_int8(rows, flip) if dtype == "int8" else to_int4(rows, flip)


class Gpt2:
    """The forward pass in float64. `half` rounds the input of every product to f16."""

    def __init__(self, config, tensors, dtype, flip=False, half=False):
        self.config, self.half = config, half
        matrix = lambda name, kind: torch.from_numpy(rounded(tensors[name].T.copy(), kind, flip))
        self.vectors = {name: torch.from_numpy(values.astype(np.float64)) for name, values in tensors.items() if values.ndim == 1}
        self.wpe = torch.from_numpy(tensors["wpe.weight"].astype(np.float64))
        embedding = "int8" if dtype == "int4" else dtype
        self.wte = torch.from_numpy(rounded(tensors["wte.weight"], embedding, flip))
        names = [name for name in tensors if name.startswith("h.") and tensors[name].ndim == 2 and "attn.bias" not in name]
        self.matrices = {name: matrix(name, dtype) for name in names}

    def linear(self, x, name):
        return self.product(x, self.matrices[f"{name}.weight"]) + self.vectors[f"{name}.bias"]

    def product(self, x, rows):
        return (x.half().double() if self.half else x) @ rows.T

    def norm(self, x, name):
        weight, bias = self.vectors[f"{name}.weight"], self.vectors[f"{name}.bias"]
        return torch.nn.functional.layer_norm(x, weight.shape, weight, bias, self.config["layer_norm_epsilon"])

    def attend(self, qkv):
        T, heads = len(qkv), self.config["n_head"]
        q, k, v = (part.reshape(T, heads, -1).transpose(0, 1) for part in qkv.chunk(3, -1))
        scores = q @ k.transpose(1, 2) / q.shape[-1] ** 0.5
        mask = torch.ones(T, T, dtype=torch.bool).tril()
        weights = scores.masked_fill(~mask, -torch.inf).softmax(-1)
        return (weights @ v).transpose(0, 1).reshape(T, -1)

    def logits(self, ids):
        """Of the last position, [vocab]."""
        x = self.wte[ids] + self.wpe[: len(ids)]
        for layer in range(self.config["n_layer"]):
            name = f"h.{layer}"
            x = x + self.linear(self.attend(self.linear(self.norm(x, f"{name}.ln_1"), f"{name}.attn.c_attn")), f"{name}.attn.c_proj")
            inner = torch.nn.functional.gelu(self.linear(self.norm(x, f"{name}.ln_2"), f"{name}.mlp.c_fc"), approximate="tanh")
            x = x + self.linear(inner, f"{name}.mlp.c_proj")
        return self.product(self.norm(x[-1], "ln_f"), self.wte)


def largest_change(model, other, prompts):
    return max((model.logits(p["ids"]) - other.logits(p["ids"])).abs().max().item() for p in prompts)


def round_up(value):
    """To one significant digit."""
    digit = 10 ** np.floor(np.log10(value))
    return float(f"{np.ceil(value / digit - 1e-9) * digit:.1g}")


def greedy(model, ids, tolerance):
    chosen = []
    while len(chosen) < GREEDY_TOKENS:
        best = model.logits(ids + chosen).topk(2)
        if best.values[0] - best.values[1] < 2 * tolerance:
            break
        chosen.append(best.indices[0].item())
    return chosen


def answer(logits, step):
    logits = np.asarray(logits)
    ids = sorted(set(range(0, len(logits), step)) | set(np.argsort(-logits)[:10].tolist()))
    return {"logitIds": ids, "logits": [float(f"{logits[i]:.7g}") for i in ids]}


def check_dtype(config, tensors, dtype, prompts):
    model = Gpt2(config, tensors, dtype)
    flipped = largest_change(model, Gpt2(config, tensors, dtype, flip=True), prompts)
    halved = largest_change(model, Gpt2(config, tensors, dtype, half=True), prompts)
    tolerance = PROMISE if dtype == "f32" else PROMISE + 2 * flipped
    half = tolerance if dtype == "f32" else tolerance + 2 * halved
    print(f"{dtype}: rounding the other way changes a logit by {flipped:.2e}, products of f16 by {halved:.2e}")
    entry = {"tolerance": round_up(tolerance), "halfTolerance": round_up(half), "prompts": []}
    for prompt in prompts:
        logits = prompt["last_logits"] if dtype == "f32" else model.logits(prompt["ids"]).tolist()
        if dtype == "f32":
            off = np.abs(np.array(logits) - model.logits(prompt["ids"]).numpy()).max()
            assert off < 1e-4, f"{prompt['name']}: this forward pass is {off} from PyTorch's"
        found = greedy(model, prompt["ids"], entry["halfTolerance"])
        assert dtype != "f32" or found == prompt["greedy_ids"][: len(found)], prompt["name"]
        entry["prompts"].append({"name": prompt["name"], "ids": prompt["ids"], **answer(logits, 8 if dtype == "f32" else 32), "greedy": found})
    return entry


def main():
    prompts = json.load(open(GOLDEN))["prompts"]
    config = json.load(open(f"{MODEL}/config.json"))
    tensors = read_safetensors(f"{MODEL}/model.safetensors")
    dtypes = {dtype: check_dtype(config, tensors, dtype, prompts) for dtype in DTYPES}
    json.dump({"version": 2, "dtypes": dtypes}, open(TARGET, "w"), separators=(",", ":"))


main()
