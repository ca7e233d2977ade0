import { latin1, Machine, PickleFault, type PickleHost, type PickleValue } from './pickle-machine.ts';

const stop = 0x2e;

/** Implementations of the opcodes that a tensor dictionary uses; all others are rejected. */
const steps = new Map<number, (machine: Machine) => void>([
  [0x80, (m) => checkProtocol(m.u8())],
  [0x95, (m) => void m.take(8)],
  [0x28, (m) => m.setMark()],
  [0x4e, (m) => m.push(null)],
  [0x88, (m) => m.push(true)],
  [0x89, (m) => m.push(false)],
  [0x4b, (m) => m.push(m.u8())],
  [0x4d, (m) => m.push(m.u16())],
  [0x4a, (m) => m.push(m.i32())],
  [0x47, (m) => m.push(m.f64())],
  [0x8a, (m) => m.push(m.long(m.u8()))],
  [0x58, (m) => m.push(m.text(m.u32()))],
  [0x8c, (m) => m.push(m.text(m.u8()))],
  [0x55, (m) => m.push(latin1(m.take(m.u8())))],
  [0x29, (m) => m.push([])],
  [0x5d, (m) => m.push([])],
  [0x7d, (m) => m.push(new Map())],
  [0x85, (m) => m.tuple(1)],
  [0x86, (m) => m.tuple(2)],
  [0x87, (m) => m.tuple(3)],
  [0x74, (m) => m.push(m.toMark())],
  [0x71, (m) => m.put(m.u8())],
  [0x72, (m) => m.put(m.u32())],
  [0x94, (m) => m.memoize()],
  [0x68, (m) => m.get(m.u8())],
  [0x6a, (m) => m.get(m.u32())],
  [0x61, (m) => m.append([m.pop()])],
  [0x65, (m) => m.append(m.toMark())],
  [0x73, (m) => m.setItems([m.pop(), m.pop()].reverse())],
  [0x75, (m) => m.setItems(m.toMark())],
  [0x63, (m) => m.global(m.line(), m.line())],
  [0x93, (m) => stackGlobal(m)],
  [0x52, (m) => m.reduce()],
  [0x62, (m) => m.build()],
  [0x51, (m) => m.persistent()],
]);

function checkProtocol(version: number): void {
  if (version > 5) throw new PickleFault(`it is a pickle of version ${version}`);
}

function stackGlobal(machine: Machine): void {
  const name = machine.pop();
  machine.global(machine.pop(), name);
}

/** Runs the pickle that begins at `begin`; gives its value and where it ends. Throws {@link PickleFault}. */
export function readPickle(
  bytes: Uint8Array,
  begin: number,
  host: PickleHost,
): { value: PickleValue; end: number } {
  const machine = new Machine(bytes, begin, host);
  for (;;) {
    const place = machine.at;
    const opcode = machine.u8();
    if (opcode === stop) return { value: machine.pop(), end: machine.at };
    const step = steps.get(opcode);
    if (!step)
      throw new PickleFault(
        `it uses the pickle opcode 0x${opcode.toString(16).padStart(2, '0')} at byte ${place}, which weights do not need`,
      );
    step(machine);
  }
}
