import DOMPurify from 'dompurify';

export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, char => `&#${char.charCodeAt(0)};`);

/** The Markdown that agents use in comments: paragraphs, lists, bold, italic, code and links. */
export function markdownToHtml(markdown: string): string {
  const inline = (line: string) =>
    escapeHtml(line)
      .replace(/`([^`]+)`/g, '<code>$1</code>')
      .replace(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>')
      .replace(/(^|\W)[*_]([^*_]+)[*_](?=\W|$)/g, '$1<em>$2</em>')
      .replace(/\[([^\]]+)\]\((https?:[^)\s]+)\)/g, '<a href="$2">$1</a>');
  return markdown
    .trim()
    .split(/\n{2,}/)
    .map(block => {
      const lines = block.split('\n');
      const items = (pattern: RegExp) =>
        lines.map(line => `<li>${inline(line.replace(pattern, ''))}</li>`).join('');
      if (lines.every(line => /^[-*] /.test(line))) return `<ul>${items(/^[-*] /)}</ul>`;
      if (lines.every(line => /^\d+\. /.test(line))) return `<ol>${items(/^\d+\. /)}</ol>`;
      return `<p>${lines.map(inline).join('<br>')}</p>`;
    })
    .join('');
}

const LINKS = { ADD_ATTR: ['target'], ALLOWED_URI_REGEXP: /^(?:https?|mailto):|^[/#]/i };

/** Makes HTML of a comment safe to show. */
export const safeComment = (html: string): string =>
  DOMPurify.sanitize(html, {
    ...LINKS,
    USE_PROFILES: { html: true },
    FORBID_TAGS: ['style', 'form', 'input', 'button'],
  });

/** Makes HTML of an app's notification safe to show: simple text markup and links only. */
export const safeNotice = (html: string): string =>
  DOMPurify.sanitize(html, {
    ...LINKS,
    ALLOWED_TAGS: ['a', 'b', 'strong', 'i', 'em', 'u', 'br', 'p', 'ul', 'ol', 'li', 'span', 'code', 'small'],
    ALLOWED_ATTR: ['href', 'target', 'rel'],
  });

/** What the HTML of the composer says, without markup. */
export function plainText(html: string): string {
  const box = document.createElement('div');
  box.innerHTML = DOMPurify.sanitize(html);
  return box.textContent ?? '';
}
