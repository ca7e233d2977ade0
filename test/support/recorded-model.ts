import type { GeneratedToken, GenerateOptions } from '../../src/engine/index.ts';
import { type RemoteModel, type RemoteOptions, remoteModel } from '../../src/remote/index.ts';
import { collect } from './collect.ts';
import { type Answer, startServer, type TestServer } from './completions-server.ts';

/** Models on servers that answer as recorded. */
export class RecordedServers {
  /** The latest one. */
  server: TestServer | undefined;

  async connect(answer: Answer, options: Partial<RemoteOptions> = {}, owner?: string): Promise<RemoteModel> {
    await this.close();
    this.server = await startServer(answer, owner);
    return remoteModel({ baseUrl: this.server.baseUrl, model: 'm', retries: 0, ...options });
  }

  /** What the answer becomes. */
  async tokensOf(answer: Answer, options: GenerateOptions = {}): Promise<GeneratedToken[]> {
    return collect(await this.connect(answer), 'The', { maxNewTokens: 2, ...options });
  }

  async close(): Promise<void> {
    await this.server?.close();
    this.server = undefined;
  }
}

/** A chunk with one choice. */
export const chunk = (choice: object) => ({
  id: 'c',
  object: 'text_completion',
  created: 1,
  model: 'm',
  choices: [choice],
});
