import {
  Failed,
  Help,
  Note,
  Row,
  SectionTitle,
  SkeletonLines,
  Small,
  Stack,
  usePage,
  useResource,
} from '@aerie/ui';
import { Button } from '@zendeskgarden/react-buttons';
import { Checkbox, Field, Input, Label } from '@zendeskgarden/react-forms';
import { getColor } from '@zendeskgarden/react-theming';
import { useState } from 'react';
import styled from 'styled-components';
import { paths, type CreatedWebhook, type WebhookBody } from '../api';
import { useT } from '../texts';

const Code = styled.pre`
  margin: 0;
  padding: 12px;
  overflow-x: auto;
  border-radius: 4px;
  font: 12px/16px ${(p) => p.theme.fonts.mono};
  background: ${(p) => getColor({ theme: p.theme, variable: 'background.recessed' })};
`;

/** The app's actions as Zendesk's triggers can start them, with a button that sets it up. */
export function Automation() {
  const t = useT();
  const bodies = useResource<{ items: WebhookBody[]; can_create: boolean }>(paths.actions);
  if (!bodies.data) {
    if (bodies.error)
      return <Failed what={t('automation.failed')} error={bodies.error} onRetry={bodies.reload} />;
    return <SkeletonLines count={6} height={32} />;
  }
  const { items, can_create: canCreate } = bodies.data;
  return (
    <Stack $gap={8}>
      {!canCreate && (
        <Note type="info" title={t('automation.cannot_title')}>
          {t('automation.cannot_text')}
        </Note>
      )}
      {items.map((item) => (
        <Action key={item.action} item={item} canCreate={canCreate} />
      ))}
    </Stack>
  );
}

function Action({ item, canCreate }: { item: WebhookBody; canCreate: boolean }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  const [created, setCreated] = useState<CreatedWebhook | null>(null);
  return (
    <Stack $gap={2} as="section" aria-label={item.action}>
      <SectionTitle as="h3">{item.action}</SectionTitle>
      <p>{item.description}</p>
      <Small>POST {item.url}</Small>
      <Code aria-label={t('automation.body')} tabIndex={0}>
        {item.body}
      </Code>
      <Row>
        <CopyButton text={item.body} />
        {canCreate && !open && (
          <Button size="small" onClick={() => setOpen(true)}>
            {t('automation.create')}
          </Button>
        )}
      </Row>
      {open && (
        <CreateForm
          action={item.action}
          onClose={() => setOpen(false)}
          onCreated={(result) => {
            setCreated(result);
            setOpen(false);
          }}
        />
      )}
      {created && (
        <Note
          type="success"
          title={t(created.trigger_id === null ? 'automation.made_webhook' : 'automation.made_both')}
        >
          {created.guard_tag && t('automation.guard', { tag: created.guard_tag })}
        </Note>
      )}
    </Stack>
  );
}

function CopyButton({ text }: { text: string }) {
  const t = useT();
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setState('copied'),
      // Inside an iframe the browser may refuse; the text can still be selected.
      () => setState('refused'),
    );
  return (
    <>
      <Button size="small" onClick={() => void copy()}>
        {t('automation.copy')}
      </Button>
      {state !== 'idle' && <Small role="status">{t(`automation.${state}`)}</Small>}
    </>
  );
}

interface FormProps {
  action: string;
  onClose(): void;
  onCreated(result: CreatedWebhook): void;
}

function CreateForm({ action, onClose, onCreated }: FormProps) {
  const { api } = usePage();
  const t = useT();
  const [name, setName] = useState(t('automation.default_name', { action }));
  const [withTrigger, setWithTrigger] = useState(true);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<unknown>(null);
  const create = async () => {
    setBusy(true);
    setFailed(null);
    try {
      onCreated(
        await api.post<CreatedWebhook>(paths.webhooks, {
          action,
          name,
          with_trigger: withTrigger,
        }),
      );
    } catch (error) {
      setFailed(error);
      setBusy(false);
    }
  };
  return (
    <Stack
      as="form"
      $gap={3}
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <Field>
        <Label>{t('automation.name')}</Label>
        <Input isCompact required value={name} onChange={(event) => setName(event.target.value)} />
      </Field>
      <Field>
        <Checkbox checked={withTrigger} onChange={(event) => setWithTrigger(event.target.checked)}>
          <Label isRegular>{t('automation.with_trigger')}</Label>
          <Help>{t('automation.with_trigger_hint')}</Help>
        </Checkbox>
      </Field>
      {failed !== null && (
        <Failed what={t('automation.not_made')} error={failed} onRetry={() => void create()} />
      )}
      <Row>
        <Button type="submit" isPrimary size="small" disabled={busy || name.trim() === ''}>
          {t(busy ? 'automation.creating' : 'automation.create')}
        </Button>
        <Button size="small" isBasic onClick={onClose} disabled={busy}>
          {t('cancel')}
        </Button>
      </Row>
    </Stack>
  );
}
