# Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Written by generate_options.py from `snnc --print-options=json`.
"""The options of a compilation."""

import os
from typing import TYPE_CHECKING, Any, Dict, Mapping, Optional, Sequence, Union

from . import _compile

if TYPE_CHECKING:
    from .compiled import Compiled

#: What `snnc --print-options=json` says of every flag: its type, default,
#: choices, and the phase that reads it first.
TABLE: Dict[str, Dict[str, Any]] = {
    'float_op': {
        'type': 'text',
        'list': True,
        'default': [],
        'phase': 'quantise',
        'choices': [],
        'help': 'ONNX node that stays in float',
    },
    'shape': {
        'type': 'text',
        'list': True,
        'default': [],
        'phase': 'import',
        'choices': [],
        'help': "Bind an input's shape",
    },
    'pad_to': {
        'type': 'text',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': [],
        'help': "Compile for samples of up to N tokens, which the model's attention mask makes independent of their padding",
    },
    'experimental': {
        'type': 'flag',
        'list': False,
        'default': False,
        'phase': 'quantise',
        'choices': [],
        'help': 'Also recognise SDSA-2 and SDSA-4, whose formulas are reconstructed',
    },
    'self_check': {
        'type': 'choice',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': ['on', 'off'],
        'help': 'Whether recognised layers are compared with the graph as imported',
    },
    'nir_dt': {
        'type': 'real',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': [],
        'help': 'Seconds of a time step of a .nir network, read or written',
    },
    'nir_steps': {
        'type': 'integer',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': [],
        'help': 'Time steps of a sample of a .nir network',
    },
    'nir_integration': {
        'type': 'choice',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': ['euler', 'exact'],
        'help': 'How the equations of a .nir network become steps',
    },
    'nir_reset': {
        'type': 'choice',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': ['hard', 'subtract'],
        'help': 'What spikes of a .nir network do to their neurons',
    },
    'nir_strict': {
        'type': 'flag',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': [],
        'help': 'Refuse nodes of a .nir network that are approximated',
    },
    'calibrate': {
        'type': 'text',
        'list': False,
        'default': '',
        'phase': 'quantise',
        'choices': [],
        'help': 'Calibration inputs',
    },
    'weight_bits': {
        'type': 'integer',
        'list': False,
        'default': 8,
        'phase': 'quantise',
        'choices': [8, 4, 2, 1],
        'help': 'Bits of static weights',
    },
    'act_bits': {
        'type': 'text',
        'list': False,
        'default': '8',
        'phase': 'quantise',
        'choices': [],
        'help': 'Bits of activations, queries and probabilities; of single sites, or classes of them (norms, hidden, contexts, inputs, queries, probabilities, others, and single: one token a sample, 8 bits unless given)',
    },
    'kv_bits': {
        'type': 'integer',
        'list': False,
        'default': 8,
        'phase': 'quantise',
        'choices': [8, 4, 1],
        'help': 'Bits of keys and values',
    },
    'level_table': {
        'type': 'text',
        'list': False,
        'default': '',
        'phase': 'quantise',
        'choices': [],
        'help': 'Sites whose levels are not uniform: ascending integers, by default dense around 0',
    },
    'equalize': {
        'type': 'choice',
        'list': False,
        'default': 'auto',
        'phase': 'quantise',
        'choices': ['auto', 'on', 'off'],
        'help': 'Whether the channels of norms and hidden layers are brought to one range',
    },
    'probability': {
        'type': 'choice',
        'list': False,
        'default': 'auto',
        'phase': 'quantise',
        'choices': ['auto', 'softmax', 'numerator'],
        'help': 'What a query sends for each key',
    },
    'fit_weights': {
        'type': 'choice',
        'list': False,
        'default': 'auto',
        'phase': 'quantise',
        'choices': ['auto', 'on', 'off'],
        'help': 'Whether weights are quantised for the inputs that they will see',
    },
    'sensitivity': {
        'type': 'flag',
        'list': False,
        'default': False,
        'phase': 'quantise',
        'choices': [],
        'help': 'Measure what the quantiser of each site alone does to the outputs, for quantisation.json',
    },
    'range': {
        'type': 'choice',
        'list': False,
        'default': 'mse',
        'phase': 'quantise',
        'choices': ['mse', 'percentile', 'max'],
        'help': 'How the steps of quantisers are chosen',
    },
    'dead_zone': {
        'type': 'text',
        'list': False,
        'default': '',
        'phase': 'quantise',
        'choices': [],
        'help': 'Levels on each side of the mask that are silent, too (default: what the model says, else none)',
    },
    'digits': {
        'type': 'text',
        'list': False,
        'default': '1',
        'phase': 'quantise',
        'choices': [],
        'help': 'Windows in which a level of 5 bits or more is sent, a digit in each',
    },
    'mask': {
        'type': 'text',
        'list': False,
        'default': 'auto',
        'phase': 'quantise',
        'choices': [],
        'help': 'The silent level (auto: what the model says, else zero in networks of binary spikes, else mode)',
    },
    'correct_bias': {
        'type': 'flag',
        'list': False,
        'default': True,
        'phase': 'quantise',
        'choices': [],
        'help': 'Undo the shift of means by quantisers and dead zones',
    },
    'correct_scale': {
        'type': 'flag',
        'list': False,
        'default': True,
        'phase': 'quantise',
        'choices': [],
        'help': 'Undo their change of spreads, too',
    },
    'search': {
        'type': 'text',
        'list': False,
        'default': None,
        'phase': 'quantise',
        'choices': [],
        'help': 'Choose the option of every site that costs least and keeps a budget: an error of at most N, an agreement or an accuracy of at least N, or (negative) of at most so much less than without dead zones, or with 8 bits',
    },
    'search_inputs': {
        'type': 'text',
        'list': False,
        'default': None,
        'phase': 'quantise',
        'choices': [],
        'help': 'Data to search on, of which every second sample is kept for the report (default: the calibration inputs)',
    },
    'search_labels': {
        'type': 'text',
        'list': False,
        'default': None,
        'phase': 'quantise',
        'choices': [],
        'help': 'Labels of that data, for an accuracy',
    },
    'search_cost': {
        'type': 'choice',
        'list': False,
        'default': None,
        'phase': 'quantise',
        'choices': ['auto', 'spikes', 'slots', 'energy'],
        'help': 'What a search makes small',
    },
    'coding': {
        'type': 'choice',
        'list': False,
        'default': 'auto',
        'phase': 'quantise',
        'choices': ['auto', 'mttfs', 'phase', 'lif', 'none'],
        'help': 'How values become spikes',
    },
    'attention': {
        'type': 'choice',
        'list': False,
        'default': 'auto',
        'phase': 'engines',
        'choices': ['auto', 'mttfs', 'trace_woss', 'ssa', 'sdsa'],
        'help': 'The attention that the network must have',
    },
    'rng': {
        'type': 'choice',
        'list': False,
        'default': 'philox',
        'phase': 'quantise',
        'choices': ['philox', 'lfsr32'],
        'help': 'Random numbers of stochastic attention',
    },
    'seed': {
        'type': 'integer',
        'list': False,
        'default': 0,
        'phase': 'quantise',
        'choices': [],
        'help': 'Seed that random numbers are compiled with',
    },
    'phase_base': {
        'type': 'real',
        'list': False,
        'default': 1.15,
        'phase': 'quantise',
        'choices': [],
        'help': 'Phase coding: the base B, above 1, at most 2',
    },
    'phase_steps': {
        'type': 'integer',
        'list': False,
        'default': 40,
        'phase': 'quantise',
        'choices': [],
        'help': 'Phase coding: the number T of phases',
    },
    'phase_search': {
        'type': 'text',
        'list': False,
        'default': '',
        'phase': 'quantise',
        'choices': [],
        'help': 'Phase coding: search B and T per site for a relative error of the outputs, or an agreement of predictions',
    },
    'phase_residual': {
        'type': 'choice',
        'list': False,
        'default': 'train',
        'phase': 'quantise',
        'choices': ['train', 'real'],
        'help': 'Phase coding: how skip connections carry values',
    },
    'phase_release': {
        'type': 'choice',
        'list': False,
        'default': 'none',
        'phase': 'quantise',
        'choices': ['none', 'swin', 'bert'],
        'help': 'Phase coding: released behaviour to follow',
    },
    'phase_sign_bug': {
        'type': 'flag',
        'list': False,
        'default': False,
        'phase': 'quantise',
        'choices': [],
        'help': "Phase coding: the released product's error with negative queries",
    },
    'chip': {
        'type': 'text',
        'list': False,
        'default': '',
        'phase': 'image',
        'choices': [],
        'help': 'Chip to map to: a shipped one, or a description',
    },
    'adc_policy': {
        'type': 'choice',
        'list': False,
        'default': 'chip',
        'phase': 'image',
        'choices': ['chip', 'lossless', 'calibrated'],
        'help': 'How crossbar sums are converted',
    },
    'max_replicas': {
        'type': 'integer',
        'list': False,
        'default': 8,
        'phase': 'image',
        'choices': [],
        'help': "Most copies of a layer's weights",
    },
    'verify_mapping': {
        'type': 'flag',
        'list': False,
        'default': False,
        'phase': 'image',
        'choices': [],
        'help': 'Prove that every weight is placed once and nothing is over-used',
    },
    'assume': {
        'type': 'text',
        'list': True,
        'default': [],
        'phase': 'image',
        'choices': [],
        'help': 'Spike rates of the energy report (default: those of calibration)',
    },
    'counts_as': {
        'type': 'choice',
        'list': False,
        'default': None,
        'phase': 'image',
        'choices': ['planes', 'slots'],
        'help': 'How counts of spikes are sent in the energy report (default: planes)',
    },
    'measured': {
        'type': 'text',
        'list': False,
        'default': None,
        'phase': 'image',
        'choices': [],
        'help': 'Spike counts of the energy report: what sim wrote with --stats',
    },
    'emit': {
        'type': 'choice',
        'list': True,
        'default': [],
        'phase': 'import',
        'choices': ['ir', 'sim', 'image', 'report', 'nir'],
        'help': 'Artefacts to write (default: all)',
    },
    'compile_to': {
        'type': 'choice',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': ['import', 'quantise', 'spike', 'engines', 'sim', 'image'],
        'help': 'Last phase (default: sim, with --chip also image)',
    },
    'dump_phases': {
        'type': 'text',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': [],
        'help': 'Write the module of every phase',
    },
    'remarks': {
        'type': 'text',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': [],
        'help': 'Print the decisions of the passes that match',
    },
    'memory_limit': {
        'type': 'text',
        'list': False,
        'default': None,
        'phase': 'import',
        'choices': [],
        'help': "Bytes that tensors may take, or a number with K, M, G or T; four fifths of the machine's without it",
    },
}


def compile(model: Any, *,
            example_inputs: Any = None,
            output: Optional[Union[str, "os.PathLike[str]"]] = None,
            flags: Sequence[str] = (),
            float_op: Union[str, Sequence[str], None] = None,
            shape: Union[Mapping[str, Any], Sequence[str], None] = None,
            pad_to: Optional[str] = None,
            experimental: Optional[bool] = None,
            self_check: Optional[str] = None,
            nir_dt: Optional[float] = None,
            nir_steps: Optional[int] = None,
            nir_integration: Optional[str] = None,
            nir_reset: Optional[str] = None,
            nir_strict: Optional[bool] = None,
            calibrate: Any = None,
            weight_bits: Optional[int] = None,
            act_bits: Optional[str] = None,
            kv_bits: Optional[int] = None,
            level_table: Optional[str] = None,
            equalize: Optional[str] = None,
            probability: Optional[str] = None,
            fit_weights: Optional[str] = None,
            sensitivity: Optional[bool] = None,
            range: Optional[str] = None,
            dead_zone: Union[int, str, Mapping[str, int], None] = None,
            digits: Optional[str] = None,
            mask: Optional[str] = None,
            correct_bias: Optional[bool] = None,
            correct_scale: Optional[bool] = None,
            search: Optional[str] = None,
            search_inputs: Optional[str] = None,
            search_labels: Optional[str] = None,
            search_cost: Optional[str] = None,
            coding: Optional[str] = None,
            attention: Optional[str] = None,
            rng: Optional[str] = None,
            seed: Optional[int] = None,
            phase_base: Optional[float] = None,
            phase_steps: Optional[int] = None,
            phase_search: Optional[str] = None,
            phase_residual: Optional[str] = None,
            phase_release: Optional[str] = None,
            phase_sign_bug: Optional[bool] = None,
            chip: Union[str, "os.PathLike[str]", None] = None,
            adc_policy: Optional[str] = None,
            max_replicas: Optional[int] = None,
            verify_mapping: Optional[bool] = None,
            assume: Union[Mapping[str, float], Sequence[str], None] = None,
            counts_as: Optional[str] = None,
            measured: Union[str, "os.PathLike[str]", None] = None,
            emit: Union[str, Sequence[str], None] = None,
            compile_to: Optional[str] = None,
            dump_phases: Union[str, "os.PathLike[str]", None] = None,
            remarks: Optional[str] = None,
            memory_limit: Optional[str] = None,
            **unknown: Any) -> "Compiled":
    """Compiles a model to a spiking network.

    Args:
        model: a path, the bytes of a file, an `onnx.ModelProto`, or a
            `torch.nn.Module` (with `example_inputs`, which it is traced with).
        example_inputs: a tensor, or a tuple of tensors.
        output: the folder for the artefacts; a temporary one without it.
        flags: further arguments of snnc, as they are.
        float_op: ONNX node that stays in float (NODE).
        shape: Bind an input's shape (NAME=1x128).
        pad_to: Compile for samples of up to N tokens, which the model's
            attention mask makes independent of their padding (N|SYMBOL=N).
        experimental: Also recognise SDSA-2 and SDSA-4, whose formulas are
            reconstructed; default False.
        self_check: Whether recognised layers are compared with the graph as
            imported: on, off.
        nir_dt: Seconds of a time step of a .nir network, read or written
            (SECONDS).
        nir_steps: Time steps of a sample of a .nir network (1..65536).
        nir_integration: How the equations of a .nir network become steps:
            euler, exact.
        nir_reset: What spikes of a .nir network do to their neurons: hard,
            subtract.
        nir_strict: Refuse nodes of a .nir network that are approximated.
        calibrate: Calibration inputs: an array or arrays by input, a file,
            batches of either, or random:N (FILE.npz|random:N).
        weight_bits: Bits of static weights: 8, 4, 2, 1; default 8.
        act_bits: Bits of activations, queries and probabilities; of single
            sites, or classes of them (norms, hidden, contexts, inputs,
            queries, probabilities, others, and single: one token a sample, 8
            bits unless given) (2..8|SITE=N|CLASS=N,...); default 8.
        kv_bits: Bits of keys and values: 8, 4, 1; default 8.
        level_table: Sites whose levels are not uniform: ascending integers, by
            default dense around 0 (SITE|CLASS[=L:L:...],...).
        equalize: Whether the channels of norms and hidden layers are brought
            to one range: auto, on, off; default auto.
        probability: What a query sends for each key: auto, softmax, numerator;
            default auto.
        fit_weights: Whether weights are quantised for the inputs that they
            will see: auto, on, off; default auto.
        sensitivity: Measure what the quantiser of each site alone does to the
            outputs, for quantisation.json; default False.
        range: How the steps of quantisers are chosen: mse, percentile, max;
            default mse.
        dead_zone: Levels on each side of the mask that are silent, too
            (default: what the model says, else none) (K|SITE=K,...).
        digits: Windows in which a level of 5 bits or more is sent, a digit in
            each (1|2|SITE=N,...); default 1.
        mask: The silent level (auto: what the model says, else zero in
            networks of binary spikes, else mode)
            (auto|mode|zero|plain|level:N); default auto.
        correct_bias: Undo the shift of means by quantisers and dead zones;
            default True.
        correct_scale: Undo their change of spreads, too; default True.
        search: Choose the option of every site that costs least and keeps a
            budget: an error of at most N, an agreement or an accuracy of at
            least N, or (negative) of at most so much less than without dead
            zones, or with 8 bits (dead-zones:METRIC:N|bits:METRIC:N).
        search_inputs: Data to search on, of which every second sample is kept
            for the report (default: the calibration inputs) (FILE.npz).
        search_labels: Labels of that data, for an accuracy (FILE.npy).
        search_cost: What a search makes small: auto, spikes, slots, energy.
        coding: How values become spikes: auto, mttfs, phase, lif, none;
            default auto.
        attention: The attention that the network must have: auto, mttfs,
            trace_woss, ssa, sdsa; default auto.
        rng: Random numbers of stochastic attention: philox, lfsr32; default
            philox.
        seed: Seed that random numbers are compiled with (N); default 0.
        phase_base: Phase coding: the base B, above 1, at most 2 (B); default
            1.15.
        phase_steps: Phase coding: the number T of phases (1..127); default 40.
        phase_search: Phase coding: search B and T per site for a relative
            error of the outputs, or an agreement of predictions
            (error:R|agreement:A).
        phase_residual: Phase coding: how skip connections carry values: train,
            real; default train.
        phase_release: Phase coding: released behaviour to follow: none, swin,
            bert; default none.
        phase_sign_bug: Phase coding: the released product's error with
            negative queries; default False.
        chip: Chip to map to: a shipped one, or a description (NAME|FILE.yaml).
        adc_policy: How crossbar sums are converted: chip, lossless,
            calibrated; default chip.
        max_replicas: Most copies of a layer's weights (N); default 8.
        verify_mapping: Prove that every weight is placed once and nothing is
            over-used; default False.
        assume: Spike rates of the energy report (default: those of
            calibration) (rate=R|rate.SITE=R|unfired=P).
        counts_as: How counts of spikes are sent in the energy report (default:
            planes): planes, slots.
        measured: Spike counts of the energy report: what sim wrote with
            --stats (S.json).
        emit: Artefacts to write (default: all): ir, sim, image, report, nir.
        compile_to: Last phase (default: sim, with --chip also image): import,
            quantise, spike, engines, sim, image.
        dump_phases: Write the module of every phase (DIR).
        remarks: Print the decisions of the passes that match (REGEX).
        memory_limit: Bytes that tensors may take, or a number with K, M, G or
            T; four fifths of the machine's without it (BYTES).

    What is None is left to the compiler. Raises `CompileError`, whose
    `diagnostics` have the nodes, or `UnsupportedError`.
    """
    return _compile.compile_model(model, example_inputs, output, flags, {
        "float_op": float_op,
        "shape": shape,
        "pad_to": pad_to,
        "experimental": experimental,
        "self_check": self_check,
        "nir_dt": nir_dt,
        "nir_steps": nir_steps,
        "nir_integration": nir_integration,
        "nir_reset": nir_reset,
        "nir_strict": nir_strict,
        "calibrate": calibrate,
        "weight_bits": weight_bits,
        "act_bits": act_bits,
        "kv_bits": kv_bits,
        "level_table": level_table,
        "equalize": equalize,
        "probability": probability,
        "fit_weights": fit_weights,
        "sensitivity": sensitivity,
        "range": range,
        "dead_zone": dead_zone,
        "digits": digits,
        "mask": mask,
        "correct_bias": correct_bias,
        "correct_scale": correct_scale,
        "search": search,
        "search_inputs": search_inputs,
        "search_labels": search_labels,
        "search_cost": search_cost,
        "coding": coding,
        "attention": attention,
        "rng": rng,
        "seed": seed,
        "phase_base": phase_base,
        "phase_steps": phase_steps,
        "phase_search": phase_search,
        "phase_residual": phase_residual,
        "phase_release": phase_release,
        "phase_sign_bug": phase_sign_bug,
        "chip": chip,
        "adc_policy": adc_policy,
        "max_replicas": max_replicas,
        "verify_mapping": verify_mapping,
        "assume": assume,
        "counts_as": counts_as,
        "measured": measured,
        "emit": emit,
        "compile_to": compile_to,
        "dump_phases": dump_phases,
        "remarks": remarks,
        "memory_limit": memory_limit,
    }, unknown)
