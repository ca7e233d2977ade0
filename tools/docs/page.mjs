import { policyText } from '../build/csp.ts';

/** One page of the docs. `toDocs` and `toRoot` are the ways to the docs' folder and to the site's root. */
export function pageHtml({ title, body, pages, here, toDocs, toRoot }) {
  const links = pages
    .map(({ file, title: name }) => {
      const current = file === here ? ' aria-current="page"' : '';
      return `<li><a href="${toDocs}${file}"${current}>${name}</a></li>`;
    })
    .join('\n');
  const demo = body.includes('<vitrine-demo')
    ? `<script type="module" src="${toRoot}embed.js"></script>\n`
    : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta http-equiv="Content-Security-Policy" content="${policyText()}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="${toRoot}icon.svg">
<link rel="stylesheet" href="${toDocs}docs.css">
${demo}<title>${title} · Vitrine</title>
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
<header><a class="name" href="${toRoot}index.html">Vitrine</a></header>
<nav aria-label="Documentation"><ul>
${links}
</ul></nav>
<main id="text">
${body}
</main>
</body>
</html>
`;
}
