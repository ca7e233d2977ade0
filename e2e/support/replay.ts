import type { Page } from '@playwright/test';

interface Message {
  type: string;
  call: number;
  name: string;
  args: { options: { maxNewTokens: number } };
  tokens: object[];
  stats: object;
}

/**
 * From `replay` on, runs are not the model's: what the worker sent in the runs before is sent again, token by token at
 * the pace given, as a fast device would. Call before the page is opened.
 */
export async function recordTokens(page: Page): Promise<(tokensPerSecond: number) => Promise<void>> {
  await page.addInitScript(() => {
    const kept: Message[] = [];
    /** What the run that was recorded answered at its end. */
    let result: unknown;
    const control = { pace: 0 };
    Object.assign(globalThis, { replayControl: control });
    const take = (worker: Worker, data: object) =>
      worker.onmessage?.(new MessageEvent('message', { data }) as MessageEvent);

    function replay(worker: Worker, { call, args }: Message) {
      const { maxNewTokens } = args.options;
      const begun = performance.now();
      let sent = 0;
      const tick = () => {
        const due = Math.min(maxNewTokens, Math.floor((performance.now() - begun) / control.pace));
        for (; sent < due; sent++) {
          const old = kept[sent % (kept.length - 1)] as Message;
          const finishReason = sent === maxNewTokens - 1 ? 'length' : undefined;
          const tokens = old.tokens.map((token) => ({ ...token, index: sent, finishReason }));
          take(worker, { ...old, call, tokens });
        }
        if (sent < maxNewTokens) setTimeout(tick, 4);
        else take(worker, { type: 'result', call, value: result });
      };
      tick();
    }

    const Real = Worker;
    globalThis.Worker = class extends Real {
      constructor(...given: ConstructorParameters<typeof Worker>) {
        super(...given);
        this.addEventListener('message', ({ data }) => {
          // A message holds the tokens of one turn of the event loop; each is kept by itself.
          if (data.type === 'result' && data.value?.dtype) result = data.value;
          if (data.type === 'tokens')
            kept.push(...data.tokens.map((token: object) => ({ ...data, tokens: [token] })));
        });
      }
      override postMessage(sent: unknown, transfer?: Transferable[] | StructuredSerializeOptions) {
        const message = sent as Message;
        const mine = control.pace > 0 && (message.name === 'generate' || message.type === 'credit');
        if (!mine) super.postMessage(sent, transfer as StructuredSerializeOptions);
        else if (message.name === 'generate') replay(this, message);
      }
    };
  });
  return (tokensPerSecond) =>
    page.evaluate((pace) => {
      (globalThis as unknown as { replayControl: { pace: number } }).replayControl.pace = pace;
    }, 1000 / tokensPerSecond);
}
