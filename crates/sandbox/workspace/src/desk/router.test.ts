import { expect, it } from 'vitest';
import { parseRoute } from './router';

it.each([
  ['/', { page: 'view', viewId: null }],
  ['/agent', { page: 'view', viewId: null }],
  ['/agent/dashboard', { page: 'view', viewId: null }],
  ['/agent/filters/12', { page: 'view', viewId: 12 }],
  ['/agent/tickets/7', { page: 'ticket', ticketId: 7 }],
  ['/agent/tickets/new', { page: 'new' }],
  ['/agent/tickets/x', { page: 'unknown' }],
  ['/agent/apps/deadline/board/1', { page: 'app', app: 'deadline', rest: 'board/1' }],
  ['/elsewhere', { page: 'unknown' }],
])('%s', (path, route) => {
  expect(parseRoute(path)).toEqual(route);
});
