# Operators of ONNX Runtime's optimiser and of decoders, against NumPy.
#
# RUN: %python %s snn-run %t
#
# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""contrib.py SNN_RUN BASE [CASE...]

Attention, normalisations, activations and products of com.microsoft, and
Attention, RotaryEmbedding and TensorScatter of ONNX 23 and 24.
"""

import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "Inputs"))
from model import *
from numeric import Runner

runner = Runner(sys.argv[1], sys.argv[2], sys.argv[3:])
random = np.random.default_rng(11)
run = runner.run
LEAST = np.finfo(np.float32).min


def floats(*shape):
    return random.normal(size=shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int32)


def contrib(op, inputs, outputs, **attributes):
    return [node(op, inputs, outputs, domain="com.microsoft", **attributes)]


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def heads(x, count):
    return x.reshape(*x.shape[:2], count, -1).transpose(0, 2, 1, 3)


def flat(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def attention(q, k, v, mask=0, scale=None):
    """[B, H, S, D] with keys and values of as many heads or fewer."""
    k, v = (x.repeat(q.shape[1] // x.shape[1], 1) for x in (k, v))
    scale = scale or 1 / math.sqrt(q.shape[-1])
    # Scores that are hidden by -1e4 lose bits, here as there.
    scores = q @ k.swapaxes(-1, -2) * np.float32(scale) + np.float32(mask)
    return softmax(scores) @ v


def causal(rows, keys, offset, window=None):
    s, t = np.arange(rows)[:, None] + offset, np.arange(keys)
    keep = t <= s if window is None else (t <= s) & (t > s - window)
    return np.where(keep, 0, LEAST).astype(np.float32)


B, S, T, H, D = 2, 4, 6, 3, 4
HID = H * D

#===----------------------------------------------------------------------===//
# com.microsoft:Attention
#===----------------------------------------------------------------------===//

X, W, BIAS = floats(B, S, 5), floats(5, 3 * HID), floats(3 * HID)
Q, K, V = (heads(p, H) for p in np.split(X @ W + BIAS, 3, -1))


def packed(name, want, inputs=None, names="", outputs="y", expected=None, **attributes):
    feeds = {"x": X, **(inputs or {})}
    run(name, contrib("Attention", "x w b " + names, outputs, num_heads=H,
                      **attributes), feeds, {"y": flat(want), **(expected or {})},
        [const("w", W), const("b", BIAS)], shapes={"x": ["batch", S, 5]})


packed("attention", attention(Q, K, V))
packed("attention-scale", attention(Q, K, V, scale=0.3), scale=0.3)
packed("attention-causal", attention(Q, K, V, causal(S, S, 0)), unidirectional=1)
# Keys that are hidden have another score, not none: a row of them alone is the
# softmax of its scores.
keep = np.array([[1, 0, 1, 1], [0, 0, 0, 0]], np.int32)
packed("attention-mask", attention(Q, K, V, np.where(keep, 0, -1e4)[:, None, None]),
       {"m": keep}, "m")
keep3 = (random.random((B, S, S)) > .4).astype(np.int32)
packed("attention-mask3", attention(Q, K, V, np.where(keep3, 0, -50)[:, None]),
       {"m": keep3}, "m", mask_filter_value=-50.0)
ends = np.arange(S) < np.array([3, 4])[:, None]
packed("attention-ends", attention(Q, K, V, np.where(ends, 0, -1e4)[:, None, None]),
       {"m": ints(3, 4)}, "m")
both = ends & (np.arange(S) >= np.array([1, 2])[:, None])
packed("attention-starts", attention(Q, K, V, np.where(both, 0, -1e4)[:, None, None]),
       {"m": ints(3, 4, 1, 2)}, "m")
bias = floats(1, H, S, S)
packed("attention-bias", attention(Q, K, V, bias), {"ab": bias}, "_ _ ab")
past = floats(2, B, H, 3, D)
PK, PV = np.concatenate([past[0], K], 2), np.concatenate([past[1], V], 2)
packed("attention-past", attention(Q, PK, PV, causal(S, S + 3, 3)), {"past": past},
       "_ past", "y present", {"present": np.stack([PK, PV])}, unidirectional=1)
W2, B2 = floats(5, 2 * HID + 6), floats(2 * HID + 6)
q, k, v = np.split(X @ W2 + B2, [HID, 2 * HID], -1)
run("attention-sizes",
    contrib("Attention", "x w b", "y", num_heads=H, qkv_hidden_sizes=[HID, HID, 6]),
    {"x": X}, {"y": flat(attention(heads(q, H), heads(k, H), heads(v, H)))},
    [const("w", W2), const("b", B2)])

#===----------------------------------------------------------------------===//
# com.microsoft:MultiHeadAttention
#===----------------------------------------------------------------------===//

QF, KF, VF, QKVB = floats(B, S, HID), floats(B, T, HID), floats(B, T, HID), floats(3 * HID)
MQ, MK, MV = heads(QF, H), heads(KF, H), heads(VF, H)
QB, KB, VB = (heads((x + b), H) for x, b in zip((QF, KF, VF), np.split(QKVB, 3)))


def multi(name, inputs, names, want, outputs="y", expected=None, **attributes):
    run(name, contrib("MultiHeadAttention", names, outputs, num_heads=H, **attributes),
        inputs, {"y": flat(want), **(expected or {})})


multi("mha", {"q": QF, "k": KF, "v": VF}, "q k v", attention(MQ, MK, MV))
multi("mha-bias", {"q": QF, "k": KF, "v": VF, "b": QKVB}, "q k v b",
      attention(QB, KB, VB), "y pk pv", {"pk": KB, "pv": VB})
keep = (random.random((B, T)) > .4).astype(np.int32)
multi("mha-mask", {"q": QF, "k": KF, "v": VF, "m": keep}, "q k v _ m",
      attention(MQ, MK, MV, np.where(keep, 0, -1e4)[:, None, None]))
past = floats(B, H, 2, D), floats(B, H, 2, D)
self_k, self_v = floats(B, S, HID), floats(B, S, HID)
pk, pv = (np.concatenate([p, heads(x, H)], 2) for p, x in zip(past, (self_k, self_v)))
multi("mha-past", {"q": QF, "k": self_k, "v": self_v, "pk": past[0], "pv": past[1]},
      "q k v _ _ _ pk pv", attention(MQ, pk, pv, causal(S, S + 2, 2)), "y ok ov",
      {"ok": pk, "ov": pv}, unidirectional=1)
multi("mha-cache", {"q": QF, "k": MK, "v": MV, "b": QKVB}, "q k v b",
      attention(QB, MK, MV))
stacked = floats(B, S, H, 3, D)
multi("mha-packed", {"q": stacked}, "q",
      attention(*(stacked[:, :, :, i].transpose(0, 2, 1, 3) for i in range(3))))
pairs = floats(B, T, H, 2, D)
multi("mha-packed-kv", {"q": QF, "k": pairs}, "q k",
      attention(MQ, *(pairs[:, :, :, i].transpose(0, 2, 1, 3) for i in range(2))))
multi("mha-scores", {"q": QF, "k": KF, "v": VF}, "q k v", attention(MQ, MK, MV),
      "y _ _ s", {"s": MQ @ MK.swapaxes(-1, -2) / math.sqrt(D)})

#===----------------------------------------------------------------------===//
# Rotary embeddings
#===----------------------------------------------------------------------===//

COS, SIN = floats(20, 4), floats(20, 4)


def rotate(x, cos, sin, interleaved=False):
    """Pairs of [B, H, S, D]; cos and sin [S, R / 2] or [B, 1, S, R / 2]."""
    depth = 2 * cos.shape[-1]
    y = x.copy()
    a, b = ((slice(0, depth, 2), slice(1, depth, 2)) if interleaved
            else (slice(0, depth // 2), slice(depth // 2, depth)))
    y[..., a] = x[..., a] * cos - x[..., b] * sin
    y[..., b] = x[..., a] * sin + x[..., b] * cos
    return y


R4 = floats(B, H, S, 8)
IDS = random.integers(0, 20, (B, S))
for interleaved in (0, 1):
    want = rotate(R4, COS[IDS][:, None], SIN[IDS][:, None], interleaved)
    run(f"rotary-contrib-{interleaved}",
        contrib("RotaryEmbedding", "x p c s", "y", interleaved=interleaved),
        {"x": R4, "p": IDS}, {"y": want}, [const("c", COS), const("s", SIN)])
    run(f"rotary-{interleaved}",
        [node("RotaryEmbedding", "x c s p", "y", num_heads=H, interleaved=interleaved)],
        {"x": flat(R4), "p": IDS}, {"y": flat(want)},
        [const("c", COS), const("s", SIN)], opset=23)
first = np.arange(3, 3 + S)
run("rotary-offset", contrib("RotaryEmbedding", "x p c s", "y"),
    {"x": flat(R4), "p": np.array([3])}, {"y": flat(rotate(R4, COS[first], SIN[first]))},
    [const("c", COS), const("s", SIN)])
wide = floats(B, H, S, 10)
run("rotary-part", [node("RotaryEmbedding", "x c s p", "y", rotary_embedding_dim=8)],
    {"x": wide, "p": IDS}, {"y": rotate(wide, COS[IDS][:, None], SIN[IDS][:, None])},
    [const("c", COS), const("s", SIN)], opset=23)
cos, sin = floats(B, S, 4), floats(B, S, 4)
run("rotary-angles", [node("RotaryEmbedding", "x c s", "y")],
    {"x": R4, "c": cos, "s": sin}, {"y": rotate(R4, cos[:, None], sin[:, None])},
    opset=23)

#===----------------------------------------------------------------------===//
# com.microsoft:GroupQueryAttention
#===----------------------------------------------------------------------===//

KH, GD = 2, 8
GH = 2 * KH


def grouped(name, tokens, past_length, last, total, batch=2, rotary=0, window=None,
            packs=False, sink=None, mask=0, **attributes):
    """`last` is each sample's index of its last token, `total` the longest sample's
    number of tokens."""
    q, k, v = (floats(batch, tokens, h * GD) for h in (GH, KH, KH))
    pk, pv = floats(batch, KH, past_length, GD), floats(batch, KH, past_length, GD)
    inputs = {"qkv": np.concatenate([q, k, v], -1)} if packs else {"q": q, "k": k, "v": v}
    names = "qkv _ _" if packs else "q k v"
    names += " pk pv" if past_length else " _ _"
    if past_length:
        inputs.update(pk=pk, pv=pv)
    inputs["last"] = ints(*last)
    names += " last total"
    constants = [const("total", total, np.int32)]
    if rotary:
        names += " c s"
        constants += [const("c", COS), const("s", SIN)]
        attributes.update(do_rotary=1, rotary_interleaved=rotary - 1)
    if sink is not None:
        names += (" _ _" if not rotary else "") + " _ _ sink"
        inputs["sink"] = sink
    if window:
        attributes["local_window_size"] = window
    keys = max(past_length, total)
    q, k, v = heads(q, GH), heads(k, KH), heads(v, KH)
    ok, ov = np.zeros((batch, KH, keys, GD), np.float32), np.zeros((batch, KH, keys, GD), np.float32)
    y = np.zeros((batch, GH, tokens, GD), np.float32)
    for b in range(batch):
        start = 0 if total == tokens else last[b] + 1 - tokens
        place = np.arange(start, start + tokens)
        qb, kb = q[b:b + 1], k[b:b + 1]
        if rotary:
            qb, kb = (rotate(x, COS[place], SIN[place], rotary == 2) for x in (qb, kb))
        for new, cache, old in ((kb, ok, pk), (v[b:b + 1], ov, pv)):
            cache[b, :, :past_length] = old[b]
            cache[b, :, start:start + tokens] = new[0]
            cache[b, :, start + tokens:] = 0
        hidden = causal(tokens, keys, start, window)
        y[b] = attention_sink(qb, ok[b:b + 1], ov[b:b + 1], hidden + mask, sink)[0]
    run(name, contrib("GroupQueryAttention", names, "y ok ov", num_heads=GH,
                      kv_num_heads=KH, **attributes), inputs,
        {"y": flat(y), "ok": ok, "ov": ov}, constants)


def attention_sink(q, k, v, mask, sink):
    """A sink is one more score of each head, without a value."""
    if sink is None:
        return attention(q, k, v, mask)
    k, v = (x.repeat(q.shape[1] // x.shape[1], 1) for x in (k, v))
    scores = q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1]) + mask
    column = np.broadcast_to(sink.reshape(1, -1, 1, 1), scores[..., :1].shape)
    return (softmax(np.concatenate([scores, column], -1))[..., :-1] @ v).astype(np.float32)


grouped("gqa", 5, 0, [4, 4], 5)
grouped("gqa-rotary", 5, 0, [4, 4], 5, rotary=1)
grouped("gqa-interleaved", 5, 0, [4, 4], 5, rotary=2)
grouped("gqa-packed", 5, 0, [4, 4], 5, packs=True)
grouped("gqa-window", 5, 0, [4, 4], 5, window=2)
grouped("gqa-sink", 5, 0, [4, 4], 5, sink=floats(GH))
# One more token of each sample, all of them or one behind the others.
grouped("gqa-next", 1, 6, [6, 6], 7, rotary=1)
grouped("gqa-shared", 1, 10, [6, 3], 7, rotary=1)
grouped("gqa-chunk", 3, 6, [8], 9, batch=1, rotary=1)
grouped("gqa-first", 3, 8, [2, 2], 3, rotary=1)

#===----------------------------------------------------------------------===//
# ONNX's Attention
#===----------------------------------------------------------------------===//

OQ, OK, OV = floats(B, 4, S, D), floats(B, 2, T, D), floats(B, 2, T, D)


def standard(name, want, names="", inputs=None, outputs="y", expected=None, opset=23,
             **attributes):
    run("onnx-" + name, [node("Attention", "q k v " + names, outputs, **attributes)],
        {"q": OQ, "k": OK, "v": OV, **(inputs or {})}, {"y": want, **(expected or {})},
        opset=opset)


standard("attention", attention(OQ, OK, OV))
run("onnx-flat", [node("Attention", "q k v", "y", q_num_heads=4, kv_num_heads=2)],
    {"q": flat(OQ), "k": flat(OK), "v": flat(OV)}, {"y": flat(attention(OQ, OK, OV))},
    opset=23)
standard("causal", attention(OQ, OK, OV, causal(S, T, 0)), is_causal=1)
bias = floats(S, T)
standard("bias", attention(OQ, OK, OV, bias, 0.2), "m", {"m": bias}, scale=0.2)
keep = random.random((B, 1, S, T)) > .4
keep[..., 0] = True
standard("mask", attention(OQ, OK, OV, np.where(keep, 0, LEAST)), "m", {"m": keep})
# A query that sees no key has zeros.
keep[0, 0, 1] = False
want = attention(OQ, OK, OV, np.where(keep, 0, LEAST))
want[0, :, 1] = 0
standard("hidden-row", want, "m", {"m": keep})
least = np.where(keep, 0, -np.inf).astype(np.float32)
standard("hidden-row-added", want, "m", {"m": least})
order = np.where(keep & (np.arange(T) <= np.arange(S)[:, None]), 0, LEAST)
want = attention(OQ, OK, OV, order)
want[(order == LEAST).all(-1).repeat(4, 1)] = 0
standard("mask-causal", want, "m", {"m": keep}, is_causal=1)
bias, cap = floats(S, T), 0.7
scores = OQ @ OK.repeat(2, 1).swapaxes(-1, -2) / math.sqrt(D)
capped = cap * np.tanh(scores / cap)
for mode, stage in enumerate((scores, capped, capped + bias, softmax(capped + bias))):
    standard(f"cap-{mode}", softmax(capped + bias) @ OV.repeat(2, 1), "m", {"m": bias},
             "y _ _ s", {"s": stage}, softcap=cap, qk_matmul_output_mode=mode)
pk, pv = floats(B, 2, 3, D), floats(B, 2, 3, D)
ak, av = np.concatenate([pk, OK], 2), np.concatenate([pv, OV], 2)
standard("past", attention(OQ, ak, av, causal(S, T + 3, 3)), "_ pk pv",
         {"pk": pk, "pv": pv}, "y ok ov", {"ok": ak, "ov": av}, is_causal=1)
counts = np.array([3, 6])
standard("padded", attention(OQ, OK, OV, np.where(
    np.arange(T) < counts[:, None], 0, LEAST)[:, None, None]), "_ _ _ n", {"n": counts},
    opset=24)
last = np.arange(S)[:, None] + counts[:, None, None] - S
want = attention(OQ, OK, OV, np.where(np.arange(T) <= last, 0, LEAST)[:, None])
want[(last < 0)[:, None, :, 0].repeat(4, 1)] = 0
standard("padded-causal", want, "_ _ _ n", {"n": counts}, opset=24, is_causal=1)
short = floats(S, T - 2)
standard("short-mask", attention(OQ, OK, OV, np.concatenate(
    [short, np.full((S, 2), LEAST)], -1)), "m", {"m": short}, opset=24)

CACHE, UPDATE = floats(B, 2, 6, 3), floats(B, 2, 2, 3)
for mode, at in (("linear", [1, 4]), ("circular", [5, 3]), ("linear", None)):
    want = CACHE.copy()
    for b in range(B):
        for i in range(2):
            want[b, :, ((at[b] if at else 0) + i) % 6] = UPDATE[b, :, i]
    inputs = {"c": CACHE, "u": UPDATE}
    if at:
        inputs["w"] = np.array(at)
    run(f"scatter-{mode}-{'at' if at else 'front'}",
        [node("TensorScatter", "c u w" if at else "c u", "y", mode=mode)], inputs,
        {"y": want}, opset=24)
run("scatter-known", [node("TensorScatter", "c u w", "y")], {"c": CACHE, "u": UPDATE},
    {"y": np.concatenate([CACHE[:, :, :3], UPDATE, CACHE[:, :, 5:]], 2)},
    [const("w", [3, 3])], opset=24)

#===----------------------------------------------------------------------===//
# Normalisations, activations, products
#===----------------------------------------------------------------------===//

x, skip, gamma, beta, bias = floats(2, 3, 8), floats(2, 3, 8), *floats(3, 8)


def norm(x, epsilon=1e-12):
    d = x - x.mean(-1, keepdims=True)
    return d / np.sqrt((d * d).mean(-1, keepdims=True) + epsilon)


def rms(x, epsilon):
    return x / np.sqrt((x * x).mean(-1, keepdims=True) + epsilon)


NORMS = {"x": x, "s": skip, "g": gamma, "b": beta, "e": bias}


def pick(names):
    return {key: NORMS[key] for key in names.split() if key != "_"}


total = x + skip + bias
run("skip-norm", contrib("SkipLayerNormalization", "x s g b e", "y m i sum"),
    pick("x s g b e"),
    {"y": norm(total) * gamma + beta, "m": total.mean(-1, keepdims=True),
     "i": 1 / np.sqrt(total.var(-1, keepdims=True)), "sum": total})
run("skip-norm-row", contrib("SkipLayerNormalization", "x s g", "y", epsilon=0.1),
    {"x": x, "s": skip[0], "g": gamma}, {"y": norm(x + skip[0], 0.1) * gamma})
run("skip-rms", contrib("SkipSimplifiedLayerNormalization", "x s g e", "y _ i sum",
                        epsilon=0.1), pick("x s g e"),
    {"y": rms(total, 0.1) * gamma, "sum": total,
     "i": 1 / np.sqrt((total * total).mean(-1, keepdims=True) + 0.1)})
run("rms", [node("SimplifiedLayerNormalization", "x g", "y", axis=-1, epsilon=0.1)],
    pick("x g"), {"y": rms(x, 0.1) * gamma})

erf = np.vectorize(math.erf)
gelu = lambda x: (x * (1 + erf(x / math.sqrt(2))) / 2).astype(np.float32)
fast = lambda x: (x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
                  / 2).astype(np.float32)
run("gelu", contrib("Gelu", "x", "y"), pick("x"), {"y": gelu(x)})
run("bias-gelu", contrib("BiasGelu", "x e", "y"), pick("x e"), {"y": gelu(x + bias)})
run("fast-gelu", contrib("FastGelu", "x", "y"), pick("x"), {"y": fast(x)})
run("fast-gelu-bias", contrib("FastGelu", "x e", "y"), pick("x e"), {"y": fast(x + bias)})
for alpha in (1.702, 1.0):
    run(f"quick-gelu-{alpha}", contrib("QuickGelu", "x", "y", alpha=alpha), pick("x"),
        {"y": x / (1 + np.exp(-alpha * x))})
data, added = floats(2, 3, 4), floats(1, 1, 4)
run("bias-softmax", contrib("BiasSoftmax", "x b", "y", axis=2, is_inner_broadcast=0),
    {"x": data, "b": added}, {"y": softmax(data + added)})

a, w, c = floats(3, 4), floats(4, 5), floats(5)
run("fused-gemm", contrib("FusedGemm", "a w c", "y", activation="Relu"),
    {"a": a, "w": w, "c": c}, {"y": np.maximum(a @ w + c, 0)})
leaky = 0.5 * a @ w + 2 * c
run("fused-gemm-leaky",
    contrib("FusedGemm", "a w c", "y", activation="LeakyRelu", activation_alpha=0.2,
            transA=1, transB=1, alpha=0.5, beta=2.0),
    {"a": a.T.copy(), "w": w.T.copy(), "c": c}, {"y": np.where(leaky < 0, 0.2 * leaky, leaky)})
image, kernel, rest = floats(1, 2, 3, 3), floats(4, 2, 1, 1), floats(1, 4, 3, 3)
sums = np.einsum("oc,nchw->nohw", kernel[:, :, 0, 0], image) + c[:4, None, None] + rest
run("fused-conv", contrib("FusedConv", "x w c z", "y", activation="LeakyRelu",
                          activation_params=[0.1]),
    {"x": image, "w": kernel, "c": c[:4], "z": rest}, {"y": np.where(sums < 0, 0.1 * sums, sums)})
a, b = floats(2, 3, 4, 5), floats(2, 3, 6, 5)
run("fused-matmul", contrib("FusedMatMul", "a b", "y", transB=1, alpha=0.25),
    {"a": a, "b": b}, {"y": 0.25 * a @ b.swapaxes(-1, -2)})
a, b = floats(4, 2, 3, 5), floats(2, 3, 4, 6)
run("fused-matmul-batch", contrib("FusedMatMul", "a b", "y", transBatchA=1, transA=1),
    {"a": a, "b": b}, {"y": a.transpose(1, 2, 3, 0) @ b})

ids, segments = random.integers(0, 9, (2, 3)).astype(np.int32), ints(0, 1, 1)[None].repeat(2, 0)
words, places, kinds = floats(9, 8), floats(6, 8), floats(2, 8)
mask = ints([1, 1, 0], [1, 1, 1])
total = words[ids] + places[:3] + kinds[segments]
run("embed", contrib("EmbedLayerNormalization", "i s w p k g b m", "y n sum", epsilon=0.1),
    {"i": ids, "s": segments, "g": gamma, "b": beta, "m": mask},
    {"y": norm(total, 0.1) * gamma + beta, "n": mask.sum(-1).astype(np.int32), "sum": total},
    [const("w", words), const("p", places), const("k", kinds)],
    shapes={"i": ["n", 3], "s": ["n", 3], "m": ["n", 3]})
at = ints([2, 1, 0], [0, 1, 5])
run("embed-positions", contrib("EmbedLayerNormalization", "i _ w p _ g b _ at", "y n"),
    {"i": ids, "g": gamma, "b": beta, "at": at},
    {"y": norm(words[ids] + places[at]) * gamma + beta, "n": ints(0, 0)},
    [const("w", words), const("p", places)])

run("expand-dims", contrib("ExpandDims", "x a", "y"), {"x": x}, {"y": x[:, :, None]},
    [const("a", -2, np.int32)])
run("contrib-trilu", contrib("Trilu", "x", "y", upper=0), {"x": x}, {"y": np.tril(x)})

sys.exit(runner.finish())
