import type { Page } from '@playwright/test';

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds of the clock, and of the thread's own time. */
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

export interface ThreadWork {
  tasks: number;
  /** The longest task, in milliseconds of the thread's own time. */
  longest: number;
}

const categories = ['toplevel', 'devtools.timeline'];

/**
 * Follows the page's own thread: its scripts, styles, layout and painting. Counted is the time the thread itself took,
 * not the clock's: where the adapter is software too, tasks stand still while it has the processor.
 */
export async function followPageThread(page: Page): Promise<() => Promise<ThreadWork>> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: categories },
  });
  return async () => {
    const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve));
    await session.send('Tracing.end');
    await complete;
    await session.detach();
    return workOf(events);
  };
}

/** Of several renderers' threads the one that worked most is the page's. */
function workOf(events: readonly TraceEvent[]): ThreadWork {
  const mains = events.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain');
  const works = mains.map(({ pid, tid }) => {
    const own = events.filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X');
    const times = own.filter(({ name }) => name.endsWith('RunTask')).map(({ tdur }) => tdur ?? 0);
    return { tasks: times.length, longest: Math.max(0, ...times) / 1000 };
  });
  return works.sort((a, b) => b.tasks - a.tasks)[0] ?? { tasks: 0, longest: 0 };
}
