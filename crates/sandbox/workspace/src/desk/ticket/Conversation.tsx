import { useEffect, useRef } from 'react';
import styled from 'styled-components';
import type { Comment } from '../../api/types';
import { safeComment } from '../../model/markup';
import type { TicketForm } from '../../model/ticket';
import { Icon } from '../icons';
import { color } from '../theme';
import { Face, Message, subtle, TimeAgo } from '../ui';

const Scroll = styled.div`
  flex: 1;
  min-height: 0;
  overflow: auto;
  padding: 20px;
  &:focus-visible {
    outline: 2px solid ${color('border.primaryEmphasis')};
    outline-offset: -2px;
  }
`;
const List = styled.ol`
  display: grid;
  gap: 20px;
  max-width: 820px;
  padding: 0;
  list-style: none;
`;
const Entry = styled.li<{ $note: boolean }>`
  display: grid;
  grid-template-columns: 32px minmax(0, 1fr);
  gap: 12px;
  ${p =>
    p.$note
      ? `margin-inline: -12px; padding: 12px; border-radius: 8px; border: 1px solid ${color('border.warning')(p)}; background: ${color('background.warning')(p)};`
      : ''}
`;
const By = styled.div`
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 2px 8px;
  margin-bottom: 4px;
  b {
    font-weight: 600;
  }
  time {
    margin-inline-start: auto;
    font-size: 12px;
    ${subtle}
  }
`;
const Kind = styled.span<{ $note: boolean }>`
  display: inline-flex;
  align-items: center;
  gap: 4px;
  font-size: 12px;
  color: ${p => color(p.$note ? 'foreground.warning' : 'foreground.subtle')(p)};
`;
const Body = styled.div`
  overflow-wrap: anywhere;
  p + p {
    margin-top: 10px;
  }
  img {
    max-width: 100%;
  }
  blockquote {
    margin: 8px 0;
    padding-inline-start: 12px;
    border-inline-start: 3px solid ${color('border.default')};
  }
  pre,
  code {
    font:
      13px/18px ui-monospace,
      Menlo,
      Consolas,
      monospace;
  }
`;
const Files = styled.ul`
  display: flex;
  flex-wrap: wrap;
  gap: 8px;
  margin-top: 8px;
  padding: 0;
  list-style: none;
`;

/** What was said so far, newest at the bottom. */
export function Conversation({ form, shown }: { form: TicketForm; shown: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const count = form.comments.length;
  useEffect(() => {
    if (shown && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [count, shown]);
  if (form.isNew) {
    return (
      <Scroll>
        <Message icon={<Icon.Email width={32} height={32} />}>
          <p>Choose a requester, write the subject above and the first message below.</p>
        </Message>
      </Scroll>
    );
  }
  return (
    <Scroll ref={box} role="log" aria-label="Conversation" tabIndex={0}>
      <List>
        {form.comments.map(comment => (
          <Said key={comment.id} form={form} comment={comment} />
        ))}
      </List>
    </Scroll>
  );
}

function Said({ form, comment }: { form: TicketForm; comment: Comment }) {
  const author = form.world.user(comment.author_id);
  const name = author?.name ?? (comment.author_id > 0 ? 'Unknown person' : 'System');
  const note = !comment.public;
  return (
    <Entry $note={note} data-comment={comment.id} data-kind={note ? 'note' : 'reply'}>
      <Face name={name} />
      <div>
        <By>
          <b>{name}</b>
          <Kind $note={note}>
            {note ? <Icon.Lock /> : null}
            {note ? 'Internal note' : author?.role === 'end-user' ? 'Requester’s side' : 'Public reply'}
          </Kind>
          <TimeAgo at={comment.created_at} />
        </By>
        <Body dangerouslySetInnerHTML={{ __html: safeComment(comment.html_body || comment.body) }} />
        {comment.attachments && comment.attachments.length > 0 ? (
          <Files aria-label="Attachments">
            {comment.attachments.map(file => (
              <li key={file.id}>
                <a href={file.content_url} target="_blank" rel="noreferrer">
                  {file.file_name}
                </a>
              </li>
            ))}
          </Files>
        ) : null}
      </div>
    </Entry>
  );
}
