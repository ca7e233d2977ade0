import type { LoadPhase, LoadProgress } from './types.ts';

const windowMs = 4000;
const quietMs = 50;

/** Reports the bytes loaded: at most every 50 ms, and at every change of phase or file. */
export class ProgressReporter {
  totalBytes = 0;
  #loaded = 0;
  #phase: LoadPhase = 'config';
  #file = '';
  #fromCache = false;
  #notice: string | undefined;
  #lastReport = Number.NEGATIVE_INFINITY;
  readonly #samples: { time: number; bytes: number }[] = [];
  readonly #report: ((progress: LoadProgress) => void) | undefined;

  constructor(report: ((progress: LoadProgress) => void) | undefined) {
    this.#report = report;
  }

  enter(phase: LoadPhase, file: string): void {
    this.#phase = phase;
    this.#file = file;
    this.#tell(true);
  }

  /** Resets the count of weight bytes. */
  start(totalBytes: number): void {
    this.totalBytes = totalBytes;
    this.#loaded = 0;
    this.#samples.length = 0;
  }

  add(bytes: number, fromCache: boolean): void {
    this.#loaded += bytes;
    this.#fromCache = fromCache;
    const now = performance.now();
    this.#samples.push({ time: now, bytes: this.#loaded });
    while (this.#samples.length > 2 && now - (this.#samples[0]?.time ?? now) > windowMs)
      this.#samples.shift();
    this.#tell(this.#loaded >= this.totalBytes);
  }

  /** Adds a notice for the user; all later reports include it. */
  notice(text: string | undefined): void {
    if (this.#notice === text) return;
    this.#notice = text;
    this.#tell(true);
  }

  #rate(): number {
    const first = this.#samples[0];
    const last = this.#samples[this.#samples.length - 1];
    if (!first || !last || last.time <= first.time) return 0;
    return ((last.bytes - first.bytes) * 1000) / (last.time - first.time);
  }

  #tell(always: boolean): void {
    const now = performance.now();
    if (!this.#report || (!always && now - this.#lastReport < quietMs)) return;
    this.#lastReport = now;
    const rate = this.#rate();
    this.#report({
      phase: this.#phase,
      file: this.#file,
      loadedBytes: this.#loaded,
      totalBytes: this.totalBytes,
      bytesPerSecond: rate,
      secondsLeft: rate > 0 ? (this.totalBytes - this.#loaded) / rate : undefined,
      fromCache: this.#fromCache,
      notice: this.#notice,
    });
  }
}
