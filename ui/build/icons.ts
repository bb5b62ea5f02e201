import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';

const SUFFIX = '.svg?icon';

/**
 * `import Clock from '@zendeskgarden/svg-icons/src/16/clock-stroke.svg?icon'` gives a React component. Only for
 * Garden's icons: the drawing is put in as it stands.
 */
export function icons(): Plugin {
  return {
    name: 'aerie-icons',
    enforce: 'pre',
    load(id) {
      if (!id.endsWith(SUFFIX)) return null;
      const svg = readFileSync(id.slice(0, -'?icon'.length), 'utf8');
      const parts = /^<svg([^>]*)>(.*)<\/svg>\s*$/s.exec(svg);
      if (!parts) return this.error(`${id} is not a plain SVG file`);
      const attributes: Record<string, string> = {};
      for (const [, name = '', value = ''] of (parts[1] ?? '').matchAll(/([\w:-]+)="([^"]*)"/g)) {
        attributes[name] = value;
      }
      attributes['aria-hidden'] = 'true';
      return `import { createElement, forwardRef } from 'react';
export default forwardRef(function Icon(props, ref) {
  return createElement('svg', { ...${JSON.stringify(attributes)}, ...props, ref, dangerouslySetInnerHTML: { __html: ${JSON.stringify(parts[2])} } });
});`;
    },
  };
}
