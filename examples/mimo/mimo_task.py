# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""MIMO symbol detection by in-context learning: task, baseline and metric.

Only numpy is needed.  The system is a 2x2 antenna link

    y = H x + n

* ``x``: two QPSK symbols, one per transmit antenna.  The total transmit power
  is 1, so each antenna sends (+-1 +-1j) / 2, of energy 1/2.
* ``H``: 2x2 with i.i.d. CN(0, 1) entries (Rayleigh), drawn anew for every
  prompt and constant inside it.
* ``n``: i.i.d. CN(0, N0) per receive antenna, N0 = 10 ** (-SNR / 10).  Mean
  signal power at a receive antenna is E|h x|^2 = 1, so the signal-to-noise
  ratio is 10 dB per receive antenna (N0 = 0.1).

A prompt holds 19 received/sent pairs of one channel.  The first 18 are pilots;
the last received vector is the one to detect.  Its tokens are

    token i = [ y_i, y_(i-1), x_(i-1) ]        i = 0 .. 18

(each complex vector of two as re, re, im, im: 12 real features; token 0 has
zeros in place of the previous pair).  Under a causal mask token i therefore
knows the received vector y_i and exactly i pilot pairs, and a model's answer
at token i is a detection of x_i after i pilots.  Nothing about H, nor about
x_18, is in a prompt.

A label is one of 16 classes, 4 * s_0 + s_1, where s_a = 2 [Re > 0] + [Im > 0]
is the QPSK symbol sent by antenna a.

The *symbol error rate* (SER) is the fraction of wrong QPSK symbols, counted
per transmit antenna: two symbols per detection.  The same definition is used
for every detector.
"""

import numpy as np

ANTENNAS = 2
PILOTS = 18
TOKENS = PILOTS + 1
FEATURES = 6 * ANTENNAS
CLASSES = 16
SNR_DB = 10.0
NOISE = 10.0 ** (-SNR_DB / 10.0)

_BITS = (np.arange(CLASSES)[:, None] >> np.array([3, 2, 1, 0])) & 1
# SYMBOLS[c]: the transmitted vector of class c.
SYMBOLS = ((2 * _BITS[:, 0::2] - 1) + 1j * (2 * _BITS[:, 1::2] - 1)) / 2.0


def _gaussian(rng, shape, variance):
    """Circular complex Gaussian samples."""
    parts = rng.standard_normal(shape + (2,)) * np.sqrt(variance / 2.0)
    return parts[..., 0] + 1j * parts[..., 1]


def simulate(rng, count):
    """Draws ``count`` prompts: received y [count, 19, 2] and classes."""
    labels = rng.integers(0, CLASSES, size=(count, TOKENS))
    channel = _gaussian(rng, (count, ANTENNAS, ANTENNAS), 1.0)
    noise = _gaussian(rng, (count, TOKENS, ANTENNAS), NOISE)
    received = SYMBOLS[labels] @ channel.transpose(0, 2, 1) + noise
    return received, labels


def encode(received, labels):
    """Builds the float32 prompt tensor [count, 19, 12]."""
    sent = SYMBOLS[labels]
    prompt = np.zeros((len(labels), TOKENS, FEATURES), np.float32)
    prompt[:, :, 0:2] = received.real
    prompt[:, :, 2:4] = received.imag
    prompt[:, 1:, 4:6] = received.real[:, :-1]
    prompt[:, 1:, 6:8] = received.imag[:, :-1]
    prompt[:, 1:, 8:10] = sent.real[:, :-1]
    prompt[:, 1:, 10:12] = sent.imag[:, :-1]
    return prompt


def generate(seed, count):
    """Seeded prompts [count, 19, 12] and their labels [count, 19]."""
    received, labels = simulate(np.random.default_rng(seed), count)
    return encode(received, labels), labels


def decode(prompt):
    """Complex received [count, 19, 2] and pilots sent [count, 18, 2]."""
    prompt = np.asarray(prompt, np.float64)
    received = prompt[:, :, 0:2] + 1j * prompt[:, :, 2:4]
    sent = prompt[:, 1:, 8:10] + 1j * prompt[:, 1:, 10:12]
    return received, sent


def estimate_channel(received, sent):
    """LMMSE channel estimate for every number of pilots 0 .. 18.

    Returns the estimate [count, 19, 2, 2] and the error covariance of one of
    its rows [count, 19, 2, 2] (all rows share it):
    H^ = Y X^H (X X^H + N0 I)^-1 and C = N0 (X X^H + N0 I)^-1.
    """
    def running(left, right):
        products = left[..., :, None] * right[..., None, :].conj()
        sums = np.zeros((len(left), TOKENS) + products.shape[2:], complex)
        np.cumsum(products, axis=1, out=sums[:, 1:])
        return sums

    gram = running(sent, sent) + NOISE * np.eye(ANTENNAS)
    determinant = (gram[..., 0, 0] * gram[..., 1, 1]
                   - gram[..., 0, 1] * gram[..., 1, 0])
    inverse = np.empty_like(gram)
    inverse[..., 0, 0] = gram[..., 1, 1]
    inverse[..., 1, 1] = gram[..., 0, 0]
    inverse[..., 0, 1] = -gram[..., 0, 1]
    inverse[..., 1, 0] = -gram[..., 1, 0]
    inverse /= determinant[..., None, None]
    estimate = running(received[:, :-1], sent) @ inverse
    return estimate, NOISE * inverse


def lmmse_detect(prompt):
    """LMMSE detections [count, 19] (classes) after 0 .. 18 pilots.

    The channel is estimated by LMMSE from the pilots before each token; the
    LMMSE equaliser takes the estimate's own error into account as extra noise;
    each equalised symbol goes to the nearest QPSK point.
    """
    received, sent = decode(prompt)
    channel, error = estimate_channel(received, sent)
    energy = 1.0 / ANTENNAS
    noise = NOISE + energy * np.trace(error, axis1=-2, axis2=-1).real
    hermitian = channel.conj().swapaxes(-1, -2)
    covariance = (energy * channel @ hermitian
                  + noise[..., None, None] * np.eye(ANTENNAS))
    equalised = hermitian @ np.linalg.solve(covariance, received[..., None])
    equalised = energy * equalised[..., 0]
    symbols = 2 * (equalised.real > 0) + (equalised.imag > 0)
    return 4 * symbols[..., 0] + symbols[..., 1]


def log_posterior(prompt):
    """Exact log posterior [count, 19, 16] of the classes given the prompt.

    This is the optimum that any detector, LMMSE or learned, can reach from the
    same pilots; training uses it as a soft target.
    """
    received, sent = decode(prompt)
    channel, error = estimate_channel(received, sent)
    mean = np.einsum("bnrt,ct->bncr", channel, SYMBOLS)
    extra = np.einsum("ct,bnts,cs->bnc", SYMBOLS.conj(), error, SYMBOLS).real
    variance = NOISE + extra
    distance = (np.abs(received[:, :, None, :] - mean) ** 2).sum(-1)
    logits = -distance / variance - ANTENNAS * np.log(variance)
    logits -= logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True))


def symbol_error_rate(decisions, labels):
    """Fraction of wrong QPSK symbols; one value per token when 2-d."""
    decisions, labels = np.asarray(decisions), np.asarray(labels)
    wrong = ((decisions // 4 != labels // 4).astype(np.float64)
             + (decisions % 4 != labels % 4)) / 2.0
    return wrong.mean(axis=0)
