/**
 * A demo of an `html` example, live: from this site, whatever host the example names, and without its inline style. An
 * example of a model on a server stays text: there is no such server.
 */
export function liveDemo(code: string): string {
  const [element] = /<vitrine-demo[\s\S]*?<\/vitrine-demo>/.exec(code) ?? [];
  if (element) return / server=/.test(element) ? '' : element;
  const [, query] = /<iframe src="[^"?]*embed\.html([^"]*)"/.exec(code) ?? [];
  if (query === undefined) return '';
  return `<iframe class="live" title="Language model" src="/embed.html${query}"></iframe>`;
}
