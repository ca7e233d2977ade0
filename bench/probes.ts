import {
  defineKernel,
  dispatch,
  type Gpu,
  openGpu,
  queueDone,
  readBuffer,
  record,
} from '../src/gpu/index.ts';
import { median } from './statistics.ts';

/** Ceilings of this device, measured in the same run as the model. */
export interface Ceilings {
  /** GB/s of reading a buffer larger than caches. */
  streamGBps: number;
  /** GB/s of reading a small buffer again and again. */
  cacheGBps: number;
  /** GFLOP/s of multiply-adds that need no memory. */
  fmaGFlops: number;
  /** Microseconds of a dispatch that depends on the one before it, in one pass. */
  dispatchMicroseconds: number;
  /** Milliseconds from a tiny submit to its result on the host. */
  roundTripMilliseconds: number;
}

const lanes = 64;

/** Each lane reads WORDS vec4s, coalesced, and keeps a sum so the reads are not optimised away. */
const readWgsl = `
@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  var sum = vec4f();
  for (var i = 0u; i < WORDS; i++) {
    sum += data[(i * LANES + id.x) % LENGTH];
  }
  if (sum.x == 12345.0) {
    out[id.x] = sum.x;
  }
}`;

const fmaWgsl = `
@compute @workgroup_size(${lanes})
fn main(@builtin(global_invocation_id) id: vec3u) {
  var a = vec4f(f32(id.x));
  var b = a + 1.0;
  var c = a + 2.0;
  var d = a + 3.0;
  for (var i = 0u; i < ROUNDS; i++) {
    a = fma(a, vec4f(0.999), vec4f(0.001));
    b = fma(b, vec4f(0.999), vec4f(0.001));
    c = fma(c, vec4f(0.999), vec4f(0.001));
    d = fma(d, vec4f(0.999), vec4f(0.001));
  }
  out[id.x] = dot(a + b + c + d, vec4f(1.0));
}`;

const stepWgsl = `
@compute @workgroup_size(1)
fn main() {
  out[0] = out[0] + 1.0;
}`;

async function timed(gpu: Gpu, work: () => void): Promise<number> {
  await queueDone(gpu.device);
  const started = performance.now();
  work();
  await queueDone(gpu.device);
  return performance.now() - started;
}

async function readRate(gpu: Gpu, bytes: number, passes: number): Promise<number> {
  const width = 64 * 1024;
  const data = gpu.buffers.create('probe.data', bytes);
  const out = gpu.buffers.create('probe.out', width * 4);
  const length = data.size / 16;
  const source = defineKernel({
    name: 'probe read',
    constants: { WORDS: Math.floor((length * passes) / width), LANES: width, LENGTH: length },
    bindings: [
      { name: 'data', type: 'array<vec4f>', kind: 'read' },
      { name: 'out', type: 'array<f32>', kind: 'write' },
    ],
    parts: [readWgsl],
  });
  const step = dispatch(gpu.device, await gpu.kernels.compile(source), [data, out], [width / lanes, 1, 1]);
  const times: number[] = [];
  for (let round = 0; round < 4; round++) times.push(await timed(gpu, () => run(gpu, [step])));
  gpu.buffers.destroy(data);
  gpu.buffers.destroy(out);
  return (bytes * passes) / Math.min(...times) / 1e6;
}

function run(gpu: Gpu, steps: Parameters<typeof record>[1]): void {
  const encoder = gpu.device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  record(pass, steps);
  pass.end();
  gpu.device.queue.submit([encoder.finish()]);
}

async function fmaRate(gpu: Gpu): Promise<number> {
  const width = gpu.info.software ? 4096 : 1024 * 1024;
  const rounds = 4096;
  const out = gpu.buffers.create('probe.out', width * 4);
  const source = defineKernel({
    name: 'probe fma',
    constants: { ROUNDS: rounds },
    bindings: [{ name: 'out', type: 'array<f32>', kind: 'write' }],
    parts: [fmaWgsl],
  });
  const step = dispatch(gpu.device, await gpu.kernels.compile(source), [out], [width / lanes, 1, 1]);
  const times: number[] = [];
  for (let round = 0; round < 4; round++) times.push(await timed(gpu, () => run(gpu, [step])));
  gpu.buffers.destroy(out);
  return (width * rounds * 16 * 2) / Math.min(...times) / 1e6;
}

async function latencies(gpu: Gpu): Promise<[number, number]> {
  const out = gpu.buffers.create('probe.out', 16);
  const source = defineKernel({
    name: 'probe step',
    constants: {},
    bindings: [{ name: 'out', type: 'array<f32>', kind: 'write' }],
    parts: [stepWgsl],
  });
  const step = dispatch(gpu.device, await gpu.kernels.compile(source), [out], [1, 1, 1]);
  const many = 1000;
  const chain = new Array(many).fill(step);
  const chains: number[] = [];
  const trips: number[] = [];
  for (let round = 0; round < 5; round++) {
    const one = await timed(gpu, () => run(gpu, [step]));
    chains.push(((await timed(gpu, () => run(gpu, chain))) - one) / many);
    const started = performance.now();
    run(gpu, [step]);
    await readBuffer(gpu.device, gpu.buffers, out, 16);
    trips.push(performance.now() - started);
  }
  gpu.buffers.destroy(out);
  return [median(chains) * 1000, median(trips)];
}

/** Opens a separate device, measures, and destroys it. */
export async function measureCeilings(): Promise<Ceilings> {
  const gpu = await openGpu();
  try {
    const [dispatchMicroseconds, roundTripMilliseconds] = await latencies(gpu);
    const large = Math.min(
      gpu.device.limits.maxStorageBufferBindingSize,
      gpu.info.software ? 2 ** 27 : 2 ** 29,
    );
    return {
      streamGBps: await readRate(gpu, large, gpu.info.software ? 1 : 4),
      cacheGBps: await readRate(gpu, 2 ** 20, gpu.info.software ? 128 : 4096),
      fmaGFlops: await fmaRate(gpu),
      dispatchMicroseconds,
      roundTripMilliseconds,
    };
  } finally {
    gpu.destroy();
  }
}
