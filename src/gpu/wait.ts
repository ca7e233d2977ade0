/**
 * Waiting for the queue. Firefox answers `mapAsync` and `onSubmittedWorkDone` from a timer of 100 ms
 * (bugzilla.mozilla.org 1870699); any submit, even an empty one, makes it check immediately. Where waits prove to be
 * that late, an empty submit is repeated while a wait is pending. Other browsers get none.
 */

/** An idle queue that takes longer than this (milliseconds) is polled by a timer. */
const promptMilliseconds = 25;
/** Best timer resolution of browsers. */
const nudgeMilliseconds = 4;

interface Nudges {
  waits: number;
  timer: ReturnType<typeof setInterval> | undefined;
}

/** Devices whose waits resolve late. */
const polled = new WeakMap<GPUDevice, Nudges>();

/**
 * Detects whether waits on this device need nudges. Call it while the queue is idle.
 * Waits for the idle queue twice: one or two milliseconds, about 50 where waits are late.
 */
export async function detectPolling(device: GPUDevice): Promise<void> {
  // One sample is not enough: the timer may have been about to fire, or the thread busy.
  for (let late = 0, prompt = 0; prompt < 2; ) {
    if (await answersPromptly(device)) prompt++;
    else if (++late === 2) {
      polled.set(device, { waits: 0, timer: undefined });
      return;
    }
  }
}

async function answersPromptly({ queue }: GPUDevice): Promise<boolean> {
  const answer = queue.onSubmittedWorkDone().then(
    () => true,
    () => true, // A lost device needs no detection.
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), promptMilliseconds);
  });
  const prompt = await Promise.race([answer, timeout]);
  clearTimeout(timer);
  if (prompt) return true;
  queue.submit([]);
  await answer;
  return false;
}

/** Milliseconds by which waits on this device may resolve late. */
export function waitResolution(device: GPUDevice): number {
  return polled.has(device) ? nudgeMilliseconds : 0;
}

/** Awaits a queue operation (a mapping, the end of submitted work), with nudges where needed. */
export async function answered<T>(device: GPUDevice, answer: Promise<T>): Promise<T> {
  const nudges = polled.get(device);
  if (!nudges) return answer;
  nudges.waits++;
  nudges.timer ??= setInterval(() => device.queue.submit([]), nudgeMilliseconds);
  try {
    return await answer;
  } finally {
    if (--nudges.waits === 0) {
      clearInterval(nudges.timer);
      nudges.timer = undefined;
    }
  }
}

/** Resolves when everything submitted so far is done. */
export function queueDone(device: GPUDevice): Promise<undefined> {
  return answered(device, device.queue.onSubmittedWorkDone());
}
