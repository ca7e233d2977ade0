import type { Page } from '@playwright/test';

/** What a page asks of a server from now on, as `POST /v1/completions`; a list that grows. */
export function requestsTo(page: Page, address: string): string[] {
  const { host } = new URL(address);
  const asked: string[] = [];
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.host === host && request.method() !== 'OPTIONS')
      asked.push(`${request.method()} ${url.pathname}`);
  });
  return asked;
}
