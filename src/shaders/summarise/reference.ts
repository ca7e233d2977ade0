/** Log of the sum of exp of a row of logits. */
export function logSumExp(logits: ArrayLike<number>): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) top = Math.max(top, logits[i] as number);
  let mass = 0;
  for (let i = 0; i < logits.length; i++) mass += Math.exp((logits[i] as number) - top);
  return top + Math.log(mass);
}

/** The `count` likeliest ids of a row, best first, the lowest id first among equals. */
export function likeliest(logits: ArrayLike<number>, count: number): number[] {
  const ids = Array.from({ length: logits.length }, (_, id) => id);
  ids.sort((left, right) => (logits[right] as number) - (logits[left] as number) || left - right);
  return ids.slice(0, count);
}
