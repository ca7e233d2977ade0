/**
 * Waiting for the queue. Firefox answers `mapAsync` and `onSubmittedWorkDone` from a timer of 100 ms
 * (bugzilla.mozilla.org 1870699); any submit, an empty one too, makes it look at once. Where waits are found to be
 * answered so late, an empty submit is repeated for as long as somebody waits. Other browsers get none.
 */

/** An idle queue that has not answered after so many milliseconds is looked at by a timer only. */
const promptMilliseconds = 25;
/** What timers of browsers resolve at best. */
const nudgeMilliseconds = 4;

interface Nudges {
  waits: number;
  timer: ReturnType<typeof setInterval> | undefined;
}

/** The devices whose waits are answered late. */
const polled = new WeakMap<GPUDevice, Nudges>();

/**
 * Finds out whether waits on this device need nudges. Call it while the queue is idle.
 * Takes two answers of the idle queue: a millisecond or two, some 50 where the answers are late.
 */
export async function detectPolling(device: GPUDevice): Promise<void> {
  // One answer may come early, because the timer was about to fire, or late, because the thread was busy.
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
    () => true, // A lost device is nothing to find out about.
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

/** Milliseconds by which an answer of this device's queue may be late. */
export function waitResolution(device: GPUDevice): number {
  return polled.has(device) ? nudgeMilliseconds : 0;
}

/** Awaits what the queue answers (a mapping, the end of submitted work), with nudges where they are needed. */
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
