export interface MarkdownOptions {
  linkOf(href: string): string | undefined;
  toRoot: string;
}
export function slugOf(text: string): string;
export function renderMarkdown(text: string, options: MarkdownOptions): string;
