/**
 * A model on a server with OpenAI's completions, with the interface of one that is loaded here. Texts leave this machine.
 * @module vitrine/remote
 */

export { remoteModel } from './connect.ts';
export type { RemoteOptions } from './options.ts';
export type { RemoteModel } from './remote-model.ts';
