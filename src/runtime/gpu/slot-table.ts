import { assert, defined } from '../../lib/index.ts';
import type { Value } from '../../model/index.ts';
import type { Slot } from './steps.ts';

/** Which slot each value of a pass is in. A slot is free again once all its values have been read. */
export class SlotTable {
  private readonly slots = new Map<Value, Slot>();
  private readonly free: Slot[] = [];
  private made = 0;

  /**
   * @param unread remaining reads of each value
   * @param kept the value whose slot is not reused: it is read after the pass
   */
  constructor(
    private readonly unread: number[],
    private readonly kept: Value,
  ) {}

  of(value: Value): Slot {
    return defined(this.find(value), `slot of value ${value}`);
  }

  find(value: Value): Slot | undefined {
    return this.slots.get(value);
  }

  set(value: Value, slot: Slot): void {
    this.slots.set(value, slot);
  }

  /** A free slot of this form, or a new one. */
  take(layout: Slot['layout'], width: number, heads?: number): Slot {
    const index = this.free.findIndex((slot) => slot.layout === layout && slot.width === width);
    return (
      this.free.splice(index, index < 0 ? 0 : 1)[0] ?? {
        layout,
        width,
        index: this.made++,
        ...(heads && { heads }),
      }
    );
  }

  /** Counts one read of a value; the last read frees its slot. */
  read(value: Value): void {
    if (--this.unread[value]! > 0) return;
    const slot = this.of(value);
    const held = [...this.slots].some(([other, its]) => its === slot && this.unread[other]! > 0);
    if (!held && value !== this.kept) this.free.push(slot);
  }

  /** Whether a value has a slot and one read to go. */
  isLastRead(value: Value): boolean {
    return this.slots.has(value) && this.unread[value] === 1;
  }

  /** The slot of a value that is read for the last time, to be overwritten by what is computed from it. */
  overwrite(value: Value): Slot {
    assert(this.unread[value] === 1, 'a value that is changed in place is read by nothing else afterwards');
    this.unread[value] = 0;
    return this.of(value);
  }

  /** A value that is the same as another: it takes over its slot and one of its reads. */
  passOn(from: Value, to: Value): void {
    this.slots.set(to, this.of(from));
    this.unread[from]!--;
  }

  /** A value that has no slot of its own: its parts have. */
  skip(value: Value): void {
    this.unread[value] = 0;
  }
}
