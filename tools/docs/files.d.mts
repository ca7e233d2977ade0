export interface DocsPage {
  source: string;
  file: string;
  title: string;
}
export function pagesOf(root: string): DocsPage[];
export function linkIn(source: string, pages: readonly DocsPage[]): (href: string) => string | undefined;
export function filesBelow(folder: string): string[];
export function brokenLinks(root: string, folder: string): string[];
