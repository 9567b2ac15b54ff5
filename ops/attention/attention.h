// Causal attention with several heads: a step reads all steps of its sequence up to itself, each with a weight that
// grows with the product of its key and the query. For each head, with d = D / heads channels:
//
//   forward     S[t,j] = <q[t], k[j]> / sqrt(d)      P[t] = softmax of S[t,j] over j <= t
//               y[t] = sum over j of M[t,j] P[t,j] v[j]
//   backward    dP[t,j] = M[t,j] <dy[t], v[j]>       dS[t,j] = P[t,j] (dP[t,j] - <dy[t], y[t]>)
//               dv[j] = sum over t of M[t,j] P[t,j] dy[t]
//               dq[t] = sum over j of dS[t,j] k[j] / sqrt(d)        dk[j] = sum over t of dS[t,j] q[t] / sqrt(d)
//
// M is the dropout mask: 0 with probability p, else 1 / (1 - p); 1 without rng. It depends on the position of rng and
// on the places of query and key in the sequences of the batch alone, so backward draws the same mask again.
//
// S and P exist in tiles of 64 x 64 only, forward and backward: the softmax runs over the tiles with a running maximum
// and sum. Of each row of P only the logarithm of its sum is kept. Memory grows with T, work with T^2.
//
// The steps before the first step of a sequence come from the cache: they are those of the stream that it continues.
// With resets, padding and packing too, a step depends on its own sequence only.
//
// Shapes: qkv (B, T, 3D): queries, keys, values, head i in channels i d ... (i+1) d - 1 of each; cache as in
// kv_cache.h; result (B, T, D), zero at padding. rng advances by the size of all tiles; p = 0 draws nothing. Keeps qkv,
// the cache, the result and B * T * heads numbers. Each head of a sequence is one task, so the order of sums is fixed.
// Errors: shapes that disagree, heads that do not divide D, p outside [0, 1), boundaries in reverse. Source: Vaswani et
// al., arXiv 1706.03762; tiles after Dao et al., FlashAttention, arXiv 2205.14135.
#pragma once

#include "../../core/random.h"
#include "kv_cache.h"

namespace scangrad::SCANGRAD_PRECISION {

SCANGRAD_API Tensor attention(const Tensor& qkv, int64_t heads, const KvCache& cache = {}, const Boundaries& at = {},
                              real dropout = 0, Rng* rng = nullptr);

}  // namespace scangrad::SCANGRAD_PRECISION
