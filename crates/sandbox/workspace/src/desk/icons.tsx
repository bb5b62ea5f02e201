import type { SVGProps } from 'react';
import alert from '@zendeskgarden/svg-icons/src/16/alert-warning-stroke.svg?raw';
import bold from '@zendeskgarden/svg-icons/src/16/bold-stroke.svg?raw';
import chevronDown from '@zendeskgarden/svg-icons/src/16/chevron-down-stroke.svg?raw';
import chevronRight from '@zendeskgarden/svg-icons/src/16/chevron-right-stroke.svg?raw';
import email from '@zendeskgarden/svg-icons/src/16/email-stroke.svg?raw';
import exit from '@zendeskgarden/svg-icons/src/16/exit-stroke.svg?raw';
import grid from '@zendeskgarden/svg-icons/src/16/grid-2x2-stroke.svg?raw';
import inbox from '@zendeskgarden/svg-icons/src/16/inbox-stroke.svg?raw';
import italic from '@zendeskgarden/svg-icons/src/16/italic-stroke.svg?raw';
import link from '@zendeskgarden/svg-icons/src/16/link-stroke.svg?raw';
import listBullet from '@zendeskgarden/svg-icons/src/16/list-bullet-stroke.svg?raw';
import listNumber from '@zendeskgarden/svg-icons/src/16/list-number-stroke.svg?raw';
import lock from '@zendeskgarden/svg-icons/src/16/lock-locked-stroke.svg?raw';
import moon from '@zendeskgarden/svg-icons/src/16/moon-stroke.svg?raw';
import plus from '@zendeskgarden/svg-icons/src/16/plus-stroke.svg?raw';
import puzzle from '@zendeskgarden/svg-icons/src/16/puzzle-piece-stroke.svg?raw';
import reload from '@zendeskgarden/svg-icons/src/16/reload-stroke.svg?raw';
import reply from '@zendeskgarden/svg-icons/src/16/arrow-reverse-stroke.svg?raw';
import sun from '@zendeskgarden/svg-icons/src/16/sun-stroke.svg?raw';
import terminal from '@zendeskgarden/svg-icons/src/16/terminal-window-stroke.svg?raw';
import underline from '@zendeskgarden/svg-icons/src/16/underline-stroke.svg?raw';
import views from '@zendeskgarden/svg-icons/src/16/list-bullet-fill.svg?raw';
import x from '@zendeskgarden/svg-icons/src/16/x-stroke.svg?raw';

/** An icon of the Garden set as a component; decorative, so its button carries the name. */
function icon(svg: string) {
  const inner = svg.replace(/^[\s\S]*?<svg[^>]*>|<\/svg>\s*$/g, '');
  return function Icon(props: SVGProps<SVGSVGElement>) {
    return (
      <svg
        xmlns="http://www.w3.org/2000/svg"
        width="16"
        height="16"
        viewBox="0 0 16 16"
        focusable="false"
        aria-hidden="true"
        {...props}
        dangerouslySetInnerHTML={{ __html: inner }}
      />
    );
  };
}

export const Icon = {
  Alert: icon(alert),
  Bold: icon(bold),
  ChevronDown: icon(chevronDown),
  ChevronRight: icon(chevronRight),
  Email: icon(email),
  Exit: icon(exit),
  Grid: icon(grid),
  Inbox: icon(inbox),
  Italic: icon(italic),
  Link: icon(link),
  ListBullet: icon(listBullet),
  ListNumber: icon(listNumber),
  Lock: icon(lock),
  Moon: icon(moon),
  Plus: icon(plus),
  Puzzle: icon(puzzle),
  Reload: icon(reload),
  Reply: icon(reply),
  Sun: icon(sun),
  Terminal: icon(terminal),
  Underline: icon(underline),
  Views: icon(views),
  X: icon(x),
};
