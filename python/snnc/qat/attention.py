# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Attention with named quantisers.

Swapping linear layers does not see the products of two activations: attention
classes are replaced by ones with quantisers `query`, `key`, `value` and
`probability`, and one for the tensor that the projections read.
"""

import math
from typing import Any, Optional, Tuple

import torch
from torch import nn

from .quantiser import Linear, Quantiser

#: Added to the scores of hidden keys. Not infinity: a row that is hidden as a
#: whole keeps finite values.
HIDDEN = -10000.0


class Products(nn.Module):
    """softmax(Q K^T / sqrt d + mask) V of [batch, heads, tokens, d]."""

    def __init__(self, query: Quantiser, key: Quantiser, value: Quantiser,
                 probability: Quantiser) -> None:
        super().__init__()
        self.query, self.key, self.value = query, key, value
        self.probability = probability

    def forward(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor,
                mask: Optional[torch.Tensor] = None,
                drop: Optional[nn.Module] = None
                ) -> Tuple[torch.Tensor, torch.Tensor]:
        scores = torch.matmul(self.query(q), self.key(k).transpose(-1, -2))
        scores = scores / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores + mask
        p = torch.softmax(scores, -1)
        if drop is not None:
            p = drop(p)
        p = self.probability(p)
        return torch.matmul(p, self.value(v)), p


def _additive(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """A mask to add, from one that is true where a key is hidden."""
    if mask.dtype == torch.bool:
        return mask.to(dtype) * HIDDEN
    return mask.clamp(min=HIDDEN)


class MultiheadAttention(nn.Module):
    """In the place of `nn.MultiheadAttention`, with its arguments."""

    def __init__(self, source: nn.MultiheadAttention, make: Any) -> None:
        super().__init__()
        if source.bias_k is not None or source.add_zero_attn:
            raise ValueError("MultiheadAttention with bias_k or add_zero_attn "
                             "has no quantised form")
        if not source._qkv_same_embed_dim:
            raise ValueError("MultiheadAttention with kdim or vdim other than "
                             "embed_dim has no quantised form")
        self.embed_dim, self.num_heads = source.embed_dim, source.num_heads
        self.head_dim = source.embed_dim // source.num_heads
        # nn.TransformerEncoderLayer asks for these, and computes by itself
        # what it takes for an ordinary layer, unless they say otherwise.
        self.batch_first = False
        self._qkv_same_embed_dim = False
        self._is_batch_first = source.batch_first
        self.drop = nn.Dropout(source.dropout)
        with torch.no_grad():
            weights = source.in_proj_weight.chunk(3)
            biases = (None,) * 3 if source.in_proj_bias is None else \
                source.in_proj_bias.chunk(3)
        self.input = make.site("input")
        self.memory = make.site("memory")  # keys and values of other tensors
        self.q_proj, self.k_proj, self.v_proj = (
            make.linear(_linear(w, b), name, has_site=False) for name, w, b in
            zip(("q_proj", "k_proj", "v_proj"), weights, biases))
        self.out_proj = make.linear(source.out_proj, "out_proj")
        self.products = make.products("products")

    def forward(self, query: torch.Tensor, key: torch.Tensor,
                value: torch.Tensor,
                key_padding_mask: Optional[torch.Tensor] = None,
                need_weights: bool = True,
                attn_mask: Optional[torch.Tensor] = None,
                average_attn_weights: bool = True, is_causal: bool = False
                ) -> Tuple[torch.Tensor, Optional[torch.Tensor]]:
        if query.dim() != 3:
            raise ValueError("needs batched queries")
        is_own = query is key and key is value
        source = self.input if is_own else self.memory
        q_in = self.input(query)
        k_in = q_in if is_own else self.memory(key)
        v_in = k_in if value is key else self.memory(value)
        if not self._is_batch_first:
            q_in, k_in, v_in = (x.transpose(0, 1) for x in (q_in, k_in, v_in))
        q, k, v = (self._heads(p(x, site)) for p, x, site in (
            (self.q_proj, q_in, self.input), (self.k_proj, k_in, source),
            (self.v_proj, v_in, source)))
        mask = self._mask(attn_mask, key_padding_mask, q)
        y, p = self.products(q, k, v, mask, self.drop)
        y = y.transpose(1, 2).flatten(2)
        y = self.out_proj(y)
        if not self._is_batch_first:
            y = y.transpose(0, 1)
        if not need_weights:
            return y, None
        return y, p.mean(1) if average_attn_weights else p

    def _heads(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(x.shape[0], x.shape[1], self.num_heads,
                         self.head_dim).transpose(1, 2)

    def _mask(self, attn_mask: Optional[torch.Tensor],
              padding: Optional[torch.Tensor],
              q: torch.Tensor) -> Optional[torch.Tensor]:
        mask = None
        if attn_mask is not None:
            mask = _additive(attn_mask, q.dtype)
            if mask.dim() == 3:
                mask = mask.reshape(-1, self.num_heads, *mask.shape[1:])
        if padding is not None:
            hidden = _additive(padding, q.dtype)[:, None, None, :]
            mask = hidden if mask is None else mask + hidden
        return mask


class SelfAttention(nn.Module):
    """In the place of BERT's and ViT's self-attention of `transformers`.

    Modules with linear `query`, `key` and `value` and a number
    `num_attention_heads`. Returns (context,), or with output_attentions
    (context, probabilities), as those do.
    """

    def __init__(self, source: nn.Module, make: Any) -> None:
        super().__init__()
        self.num_attention_heads = int(
            source.num_attention_heads)  # type: ignore[arg-type]
        drop = getattr(source, "dropout", None)
        self.dropout = drop if isinstance(drop, nn.Module) else nn.Dropout(
            float(drop or 0.0))
        self.input = make.site("input")
        self.memory = make.site("memory")
        self.query, self.key, self.value = (
            make.linear(getattr(source, name), name, has_site=False)
            for name in ("query", "key", "value"))
        self.products = make.products("products")

    def forward(self, hidden_states: torch.Tensor, *arguments: Any,
                attention_mask: Optional[torch.Tensor] = None,
                head_mask: Optional[torch.Tensor] = None,
                encoder_hidden_states: Optional[torch.Tensor] = None,
                encoder_attention_mask: Optional[torch.Tensor] = None,
                output_attentions: bool = False, **other: Any) -> Any:
        # BERT's second argument is the mask; ViT's the mask of heads.
        if arguments and attention_mask is None and \
                isinstance(arguments[0], torch.Tensor) and \
                arguments[0].dim() == 4:
            attention_mask = arguments[0]
        if head_mask is not None:
            raise ValueError("head_mask has no quantised form")
        if any(value is not None for key, value in other.items()
               if "past_key" in key):
            raise ValueError("a cache of keys and values has no quantised "
                             "form")
        x = self.input(hidden_states)
        memory, source = x, self.input
        if encoder_hidden_states is not None:
            memory, source = self.memory(encoder_hidden_states), self.memory
            attention_mask = encoder_attention_mask
        q, k, v = (self._heads(p(y, site)) for p, y, site in (
            (self.query, x, self.input), (self.key, memory, source),
            (self.value, memory, source)))
        if attention_mask is not None:
            attention_mask = _additive(attention_mask, q.dtype)
        y, p = self.products(q, k, v, attention_mask, self.dropout)
        y = y.transpose(1, 2).flatten(2)
        return (y, p) if output_attentions else (y,)

    def _heads(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(x.shape[0], x.shape[1], self.num_attention_heads,
                         -1).transpose(1, 2)


def is_self_attention(module: nn.Module) -> bool:
    """Whether a module is like BERT's or ViT's self-attention."""
    return hasattr(module, "num_attention_heads") and all(
        isinstance(getattr(module, name, None), nn.Linear)
        for name in ("query", "key", "value"))


def _linear(weight: torch.Tensor, bias: Optional[torch.Tensor]) -> nn.Linear:
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias is not None)
    with torch.no_grad():
        layer.weight.copy_(weight)
        if bias is not None:
            layer.bias.copy_(bias)
    return layer


__all__ = ["HIDDEN", "Linear", "MultiheadAttention", "Products",
           "SelfAttention", "is_self_attention"]
