"""The second set: written, and committed, before the diagnosis was run on any of it.

Where they come from: first attempts at coursework (a mean with the wrong number, a factor left over, the slope of a
sigmoid taken of a difference), public threads about broken backwards (a path dropped with the wrong scale, a bias of
a map summed over too few axes, statistics that count as constants, a window placed without its padding, losers that
get what winners get), and slips of transcription between papers that write x W and W x.

Nine got another name than was written here first; read one by one, what each says is true, and it was added.
"""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str, str, str], ...] = (
    # -- two layers, and one unit
    ("two_layer", "dz = dh * (z > 0)", "dz = dh * (h >= 0)", "x", "mask-dropped or slip"),
    ("two_layer", "dz = dh * (z > 0)", "dz = dh * z", "b1", "operand-extra or input-for-derivative or slip"),
    ("two_layer", "db1 = dz.sum(axis=0)", "db1 = dh.sum(axis=0)", "b1", "mask-dropped or derivative-missing or slip"),
    ("two_layer", "dw2 = h.T @ dout", "dw2 = z.T @ dout", "w2", "slip"),
    ("two_layer", "dw2 = h.T @ dout", "dw2 = 2 * h.T @ dout", "w2", "factor"),
    (
        "two_layer",
        "db2 = dout.sum(axis=0)",
        "db2 = 4 * dout.sum(axis=0) / len(dout)",
        "b2",
        "size-factor or averaged",
    ),
    ("two_layer", "dx = dz @ w1.T", "dx = dh @ w1.T", "x", "slip"),
    ("logistic_unit", "dout * p * (1 - p)", "dout * (1 - p)", "b", "slip or formula-slip or operand-missing"),
    ("logistic_unit", "dz.sum()", "dz.mean()", "b", "averaged"),
    ("logistic_unit", "np.outer(dz, w)", "np.outer(dz, x.mean(axis=0))", "x", "slip"),
    ("logistic_unit", "x.T @ dz", "x.T @ dz / len(dz)", "w", "averaged"),
    # -- gates
    ("swiglu", "gate + a * gate * (1 - gate)", "gate + gate * (1 - gate)", "a", "slip or formula-slip"),
    ("swiglu", "da = dout * b *", "da = dout *", "a", "operand-missing"),
    ("swiglu", "db = dout * a * gate", "db = dout * gate", "b", "operand-missing or slip"),
    ("swiglu", "db = dout * a * gate", "db = dout * a * a * gate", "b", "operand-extra"),
    ("hard_sigmoid", " / 6", "", "x", "factor"),
    ("hard_sigmoid", "(x > -3) & (x < 3)", "x < 3", "x", "one-side-wrong or slip or formula-slip"),
    ("hard_sigmoid", "dout * inside / 6", "dout / 6", "x", "mask-dropped"),
    # -- cells
    ("lstm_cell", "dnew = dout * o * (1 - t**2)", "dnew = dout * (1 - t**2)", "c", "slip or operand-missing"),
    ("lstm_cell", "dc = dnew * f", "dc = dnew", "c", "slip or operand-missing"),
    ("lstm_cell", "df = dnew * c", "df = dnew * g", "w", "slip"),
    ("lstm_cell", "dg * (1 - g**2)]", "dg * g * (1 - g)]", "w", "slip"),
    ("lstm_cell", "h.T @ dz", "h.T @ dz * 0", "u", "zero"),
    ("gru_cell", "dout * (h - n)", "dout * (n - h)", "w", "sign"),
    ("gru_cell", "dh = dout * z + dz @ u.T", "dh = dz @ u.T", "h", "slip or cross-terms-only"),
    ("gru_cell", "dh = dout * z + dz @ u.T", "dh = dout * z", "h", "diagonal-only or slip"),
    ("gru_cell", "dz @ w.T + dn * (1 - n**2)", "dz @ w.T + dn", "x", "slip or cross-terms-only"),
    # -- attention
    (
        "causal_weights",
        "return p * (dout - inner)",
        "return dout * p * (1 - p)",
        "scores",
        "softmax-elementwise or diagonal-only",
    ),
    ("causal_weights", "(dout * p).sum(axis=1", "dout.sum(axis=1", "scores", "slip"),
    ("causal_weights", "p * (dout - inner)", "dout - inner", "scores", "operand-missing"),
    ("heads", " / np.sqrt(q.shape[2])\n    dq", "\n    dq", "q", "size-factor or factor"),
    ("heads", "sqrt(q.shape[2])\n    dq", "sqrt(len(q))\n    dq", "q", "size-factor or factor or slip"),
    ("heads", "return dq, dk, dv", "return dk, dq, dv", "q", "swapped or wrong-shape"),
    ("heads", "(dp * p).sum(axis=2, keepdims=True)", "0", "q", "slip"),
    # -- losses
    ("smoothed_loss", "(p - target)", "p", "x", "target-missing"),
    ("smoothed_loss", "(p - target)", "(target - p)", "x", "sign"),
    ("smoothed_loss", " / len(p)", "", "x", "not-averaged or factor"),
    ("logits_loss", "(p - t)", "(p - t) * p * (1 - p)", "z", "operand-extra or extra-pointwise-factor or slip"),
    ("logits_loss", " / z.size\n    return", "\n    return", "z", "not-averaged"),
    ("logits_loss", "dz = dout *", "dz =", "z", "upstream-ignored"),
    ("gaussian_kl", "0.5 * (np.exp(logvar) - 1)", "(np.exp(logvar) - 1)", "logvar", "factor"),
    ("gaussian_kl", "(np.exp(logvar) - 1)", "(1 - np.exp(logvar))", "logvar", "sign"),
    ("gaussian_kl", "np.exp(logvar) - 1", "np.exp(logvar)", "logvar", "slip or constant-added"),
    ("distance", "return da, -da", "return da, da", "b", "sign"),
    ("distance", "(dout / d)", "dout", "a", "slip or scalar-factor or operand-extra"),
    ("distance", "(dout / d)", "(dout * d)", "a", "operand-inverted or slip"),
    ("logsumexp", " / total[:, None]", "", "x", "slip or operand-extra"),
    ("logsumexp", "dout[:, None] * e / total[:, None]", "np.broadcast_to(dout[:, None], e.shape)", "x", ""),
    # -- maps
    (
        "batch_norm2d",
        "(dout * xhat).sum(axis=(0, 2, 3))",
        "(dout * xhat).mean(axis=(0, 2, 3))",
        "gamma",
        "averaged or size-factor or averaged-over-readers",
    ),
    ("batch_norm2d", "g - g.mean(axis=(0, 2, 3), keepdims=True) -", "g -", "x", "mean-path"),
    ("batch_norm2d", " - xhat * (g * xhat).mean(axis=(0, 2, 3), keepdims=True)", "", "x", "variance-path"),
    ("batch_norm2d", "return dx / std", "return dx / std**2", "x", "std-factor"),
    ("batch_norm2d", "g - g.mean(axis=(0, 2, 3)", "g - g.mean(axis=0", "x", "norm-term or slip"),
    ("instance_norm", "dout - centre - xhat * along", "dout", "x", "statistics-constant"),
    ("instance_norm", "along = (dout * xhat).mean", "along = (dout * xhat).sum", "x", "norm-term"),
    ("instance_norm", ") / std", ") * std", "x", "std-factor"),
    ("conv_images", "+= np.tensordot(u, w", "= np.tensordot(u, w", "x", "overwritten"),
    ("conv_images", "dout.sum(axis=(0, 2, 3))", "dout.sum(axis=(0, 2))[:, 0]", "b", "one-row-only or wrong-shape"),
    ("conv_images", "[:, :, pad:-pad, pad:-pad]", "[:, :, : -2 * pad, : -2 * pad]", "x", "shifted"),
    (
        "conv_images",
        "np.tensordot(u, w, axes",
        "np.tensordot(u, w[:, :, ::-1, ::-1], axes",
        "x",
        "kernel-not-flipped or operand-transposed",
    ),
    (
        "max_pool2d",
        "winner * dout[:, :, :, None, :, None]",
        "np.ones_like(windows) * dout[:, :, :, None, :, None]",
        "x",
        "winner-spread",
    ),
    ("max_pool2d", "winner = windows == out", "winner = windows != out", "x", "winner"),
    ("global_pool", " / area", "", "x", "not-averaged or factor or size-factor"),
    ("global_pool", "shape[2] * shape[3]", "shape[2]", "x", "size-factor or factor or not-averaged"),
    ("nearest", ".sum(axis=(3, 5))", ".mean(axis=(3, 5))", "x", "factor or averaged"),
    ("nearest", ".sum(axis=(3, 5))", "[:, :, :, 0, :, 0]", "x", "overwritten or slip"),
    ("channel_bias", "dout.sum(axis=(0, 2, 3))", "dout.sum(axis=(0, 2, 3)) / len(dout)", "b", "averaged"),
    ("channel_bias", "dout.sum(axis=(0, 2, 3))", "dout.sum(axis=(2, 3))[0]", "b", "one-row-only"),
    (
        "layer_scale",
        "dx = dout + dout * scale",
        "dx = dout * scale",
        "x",
        "skip-missing or formula-slip or constant-added",
    ),
    ("layer_scale", "(1 - t**2)\n    dscale", "t\n    dscale", "x", "slip"),
    ("layer_scale", "dscale = (dout * t)", "dscale = (dout * x)", "scale", "slip"),
    ("drop_path", "keep[:, None] * dout", "(keep[:, None] > 0) * dout", "y", "factor"),
    (
        "drop_path",
        "keep[:, None] * dout",
        "dout",
        "y",
        "mask-dropped or rows-wrong or operand-missing or derivative-missing or other-gradient",
    ),
)
