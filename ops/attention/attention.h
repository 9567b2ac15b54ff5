// Causal attention with several heads: a step reads all steps of its sequence up to itself, each by how well its key
// answers the query. Per head, with d = D / heads channels:
//
//   forward     S[t,j] = <q[t], k[j]> / sqrt(d)      P[t] = softmax of S[t,j] over j <= t
//               y[t] = sum over j of M[t,j] P[t,j] v[j]
//   backward    dP[t,j] = M[t,j] <dy[t], v[j]>       dS[t,j] = P[t,j] (dP[t,j] - <dy[t], y[t]>)
//               dv[j] = sum over t of M[t,j] P[t,j] dy[t]
//               dq[t] = sum over j of dS[t,j] k[j] / sqrt(d)        dk[j] = sum over t of dS[t,j] q[t] / sqrt(d)
//
// M is the dropout mask: 0 with probability p, else 1 / (1 - p); 1 without rng. It is a pure function of rng's
// position and of where query and key stand in the batch's sequences, drawn again in backward.
//
// S and P exist in tiles of 64 x 64 only, on both ways: the softmax runs over the tiles with a running maximum and sum,
// and of each row of P only the logarithm of its sum is kept. Memory grows with T, work with T^2.
//
// Before a sequence's first step stand the steps of the stream it continues, from the cache. A step sees its own
// sequence only, whatever `at` says about resets, padding and packing.
//
// Shapes: qkv (B, T, 3D): queries, keys, values, head i in channels i d ... (i+1) d - 1 of each; cache as in
// kv_cache.h; result (B, T, D), zero at padding. rng moves on by the size of all tiles; p = 0 draws nothing. Keeps qkv,
// the cache, the result and B * T * heads numbers. Tasks are sequences and heads: sums have one order. Errors: shapes
// that disagree, heads that do not divide D, p outside [0, 1), boundaries in reverse. Source: Vaswani et al., arXiv
// 1706.03762; tiles after Dao et al., FlashAttention, arXiv 2205.14135.
#pragma once

#include "../../core/random.h"
#include "kv_cache.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor attention(const Tensor& qkv, int64_t heads, const KvCache& cache = {}, const Boundaries& at = {},
                              real dropout = 0, Rng* rng = nullptr);

}  // namespace scangrad::SCANGRAD_PRECISION
