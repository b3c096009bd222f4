// Part of SNNC, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// node time_onnxruntime.js MODEL.onnx RUNS: median times of one-thread runs on
// fixed inputs, by the clock and of the process, as one line of JSON. Floats are a seeded uniform, integers are 1.
'use strict';
const ort = require('onnxruntime-node');

function makeInput(meta) {
  const dims = meta.shape.map((d) => (typeof d === 'number' && d > 0 ? d : 1));
  const size = dims.reduce((a, b) => a * b, 1);
  if (meta.type === 'int64') {
    return new ort.Tensor('int64', new BigInt64Array(size).fill(1n), dims);
  }
  const data = new Float32Array(size);
  let state = 12345;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = (state / 4294967296 - 0.5) * 3.4;
  }
  return new ort.Tensor('float32', data, dims);
}

async function main() {
  const [, , model, count] = process.argv;
  const runs = Number(count);
  const session = await ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const feeds = {};
  for (const meta of session.inputMetadata) feeds[meta.name] = makeInput(meta);
  const times = [];
  const cpu = [];
  for (let i = 0; i < runs + 3; i++) {
    const start = process.hrtime.bigint();
    const used = process.cpuUsage();
    await session.run(feeds);
    const spent = process.cpuUsage(used);
    if (i < 3) continue;
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
    cpu.push((spent.user + spent.system) / 1e3);
  }
  times.sort((a, b) => a - b);
  cpu.sort((a, b) => a - b);
  console.log(JSON.stringify({
    runs,
    median_ms: times[runs >> 1],
    cpu_median_ms: cpu[runs >> 1],
    min_ms: times[0],
  }));
}

main();
