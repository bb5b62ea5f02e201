import { Button, IconButton } from '@zendeskgarden/react-buttons';
import { useEffect, useRef } from 'react';
import styled from 'styled-components';
import { escapeHtml, safeComment } from '../../model/markup';
import { isBlankHtml } from '../../model/ticket';
import type { CommentType, TicketForm } from '../../model/ticket';
import { Icon } from '../icons';
import { color } from '../theme';
import { subtle } from '../ui';

const Box = styled.section<{ $note: boolean }>`
  flex: none;
  margin: 0 16px 12px;
  border: 1px solid ${p => color(p.$note ? 'border.warning' : 'border.default')(p)};
  border-radius: 8px;
  background: ${p => color(p.$note ? 'background.warning' : 'background.default')(p)};
  &:focus-within {
    border-color: ${p => color(p.$note ? 'border.warningEmphasis' : 'border.primaryEmphasis')(p)};
  }
`;
const Row = styled.div`
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 2px;
  padding: 4px 8px;
`;
const To = styled.span`
  margin-inline-start: 8px;
  font-size: 12px;
  ${subtle}
`;
const Editor = styled.div`
  min-height: 84px;
  max-height: 34vh;
  overflow: auto;
  padding: 4px 16px 8px;
  outline: none;
  overflow-wrap: anywhere;
  &[data-empty='true']::before {
    content: attr(data-placeholder);
    float: left;
    height: 0;
    pointer-events: none;
    ${subtle}
  }
  p + p {
    margin-top: 10px;
  }
`;
const ClosedNote = styled.p`
  padding: 12px 20px;
  border-top: 1px solid ${color('border.default')};
  ${subtle}
`;

const KINDS: [CommentType, string][] = [
  ['publicReply', 'Public reply'],
  ['internalNote', 'Internal note'],
];
const TOOLS = [
  ['bold', 'Bold', Icon.Bold],
  ['italic', 'Italic', Icon.Italic],
  ['underline', 'Underline', Icon.Underline],
  ['insertUnorderedList', 'Bulleted list', Icon.ListBullet],
  ['insertOrderedList', 'Numbered list', Icon.ListNumber],
] as const;

/** Where a reply or a note is written; simple rich text. */
export function Composer({ form }: { form: TicketForm }) {
  const editor = useRef<HTMLDivElement>(null);
  const { text, type } = form.draft;
  const note = type === 'internalNote';

  // The element owns what is being typed; only a text that came from elsewhere (an app, a save) replaces it.
  useEffect(() => {
    if (editor.current && editor.current.innerHTML !== text) editor.current.innerHTML = safeComment(text);
  }, [text]);
  useEffect(() => {
    form.editor = {
      exec: (command, argument) => {
        editor.current?.focus();
        exec(command, argument);
      },
    };
    return () => {
      form.editor = null;
    };
  }, [form]);

  if (form.closed) {
    return <ClosedNote>This ticket is closed. It can be read, and no longer changed.</ClosedNote>;
  }
  const requester = form.world.user(form.value<number>('requester_id'));
  return (
    <Box $note={note} aria-label="Composer">
      <Row role="group" aria-label="Kind of comment">
        {KINDS.map(([value, label]) => (
          <Button
            key={value}
            size="small"
            isBasic
            isNeutral
            aria-pressed={type === value}
            style={
              type === value ? { fontWeight: 600, textDecoration: 'underline', textUnderlineOffset: 6 } : {}
            }
            onClick={() => {
              form.setDraft({ type: value });
              editor.current?.focus();
            }}
          >
            <Button.StartIcon>{value === 'publicReply' ? <Icon.Reply /> : <Icon.Lock />}</Button.StartIcon>
            {label}
          </Button>
        ))}
        <To>{note ? 'Only agents see this.' : requester ? `To ${requester.name}` : ''}</To>
      </Row>
      <Editor
        ref={editor}
        role="textbox"
        aria-multiline="true"
        aria-label={note ? 'Internal note' : 'Public reply'}
        contentEditable={!form.saving}
        suppressContentEditableWarning
        data-empty={isBlankHtml(text)}
        data-placeholder={note ? 'Write a note' : 'Write a reply'}
        onInput={event => form.setDraft({ text: event.currentTarget.innerHTML })}
        onPaste={event => {
          event.preventDefault();
          const html = event.clipboardData.getData('text/html');
          const plain = escapeHtml(event.clipboardData.getData('text/plain')).replace(/\r?\n/g, '<br>');
          exec('insertHTML', html ? safeComment(html) : plain);
        }}
      />
      <Row role="toolbar" aria-label="Formatting">
        {TOOLS.map(([command, label, Symbol]) => (
          <IconButton
            key={command}
            size="small"
            aria-label={label}
            title={label}
            // The selection in the text must survive the click.
            onMouseDown={event => event.preventDefault()}
            onClick={() => {
              editor.current?.focus();
              exec(command);
            }}
          >
            <Symbol />
          </IconButton>
        ))}
        <IconButton
          size="small"
          aria-label="Link"
          title="Link"
          onMouseDown={event => event.preventDefault()}
          onClick={() => {
            const address = window.prompt('Address of the link', 'https://');
            if (address && /^(https?:|mailto:)/.test(address)) exec('createLink', address);
          }}
        >
          <Icon.Link />
        </IconButton>
      </Row>
    </Box>
  );
}

/** The browser's own editing commands: old, but the only ones that keep undo working in every browser. */
function exec(command: string, argument?: string): void {
  document.execCommand(command, false, argument);
}
