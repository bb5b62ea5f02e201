import { beforeEach, describe, expect, it } from 'vitest';
import { ticket, world } from '../host/fixture';
import { fieldView } from './fields';
import { markdownToHtml, safeComment, safeNotice } from './markup';
import { isBlankHtml, TicketForm } from './ticket';
import type { FormChange } from './ticket';

let form: TicketForm;
let heard: FormChange[];
beforeEach(() => {
  form = TicketForm.existing(world(), ticket({ ticket_form_id: 5, custom_status_id: 31 }));
  heard = [];
  form.onChange(change => heard.push(change));
});

it('makes no noise about what is so already', () => {
  form.set('priority', 'high');
  const { version } = form;
  heard.length = 0;
  form.set('priority', 'high');
  expect([form.version, heard]).toEqual([version, []]);
});

describe('changes from elsewhere', () => {
  it('move untouched properties and tell apps', () => {
    form.receive({ ...form.record, priority: 'high', tags: ['printer', 'hot'], updated_at: 'later' }, null);
    expect(form.value('priority')).toBe('high');
    expect(heard).toEqual([
      { name: 'ticket.priority', value: 'high' },
      { name: 'ticket.tags', value: ['printer', 'hot'] },
    ]);
    expect(form.dirty).toBe(false);
  });

  it('leave touched ones as typed, and remember what the other person chose', () => {
    form.set('subject', 'Mine');
    heard.length = 0;
    form.receive({ ...form.record, subject: 'Theirs', updated_at: 'later' }, null);
    expect(form.value('subject')).toBe('Mine');
    expect(form.overtaken.get('subject')).toBe('Theirs');
    expect(heard).toEqual([]);
    form.revert('subject');
    expect(form.value('subject')).toBe('Theirs');
    expect(form.overtaken.size).toBe(0);
    expect(heard).toEqual([{ name: 'ticket.subject', value: 'Theirs' }]);
  });

  it('forget an edit that somebody else made too', () => {
    form.set('priority', 'high');
    form.receive({ ...form.record, priority: 'high' }, null);
    expect(form.dirty).toBe(false);
  });

  it("count as saved after a save of one's own", () => {
    form.setAll({ subject: 'Mine' });
    form.setDraft({ text: 'Hello' });
    form.receive({ ...form.record, subject: 'Mine' }, [], true);
    expect(form.dirty).toBe(false);
    expect(form.changes()).toEqual({ safe_update: true, updated_stamp: form.record.updated_at });
  });
});

it('returning to the saved status leaves nothing to send', () => {
  form.set('status', 'pending');
  form.set('status', 'open');
  expect(form.dirty).toBe(false);
});

it('shows a field only when the conditions of the form allow it', () => {
  const definition = form.definition;
  if (definition) {
    definition.agent_conditions = [
      { parent_field_id: 900, value: 'us', child_fields: [{ id: 901, is_required: false }] },
    ];
  }
  expect(fieldView(form, 'custom_field_901')?.isVisible).toBe(false);
  form.set('custom_field_900', 'us');
  expect(fieldView(form, 'custom_field_901')?.isVisible).toBe(true);
});

it('knows an empty comment', () => {
  expect(isBlankHtml('<p><br></p> &nbsp;')).toBe(true);
  expect(isBlankHtml('<img src="x">')).toBe(false);
});

describe('markup', () => {
  it('cleans what others wrote', () => {
    expect(safeComment('<p onclick="x()">a<script>b</script></p>')).toBe('<p>a</p>');
    expect(safeNotice('<b>a</b><img src=x onerror=y><a href="javascript:x">l</a>')).toBe('<b>a</b><a>l</a>');
  });

  it('turns Markdown into HTML without letting HTML in', () => {
    expect(markdownToHtml('a **b** <i>\n\n- x\n- y')).toBe(
      '<p>a <strong>b</strong> &#60;i&#62;</p><ul><li>x</li><li>y</li></ul>',
    );
  });
});
