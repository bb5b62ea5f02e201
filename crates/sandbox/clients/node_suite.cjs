// Drives a running sandbox with node-zendesk, as it comes from its registry. SANDBOX_URL names the sandbox.

const assert = require('node:assert/strict');
const { before, test } = require('node:test');
const { createClient } = require('node-zendesk');

const base = process.env.SANDBOX_URL;
const as = email => createClient({ username: email, token: 'sandbox', endpointUri: `${base}/api/v2` });
const client = as('admin@acme.test');

before(async () => {
  const answer = await fetch(`${base}/sandbox/reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  assert.equal(answer.status, 204);
});

test('who am I', async () => {
  const { result } = await client.users.me();
  assert.equal(result.email, 'admin@acme.test');
});

test('a ticket from creation to tags', async () => {
  const made = await client.tickets.create({
    ticket: { subject: 'From node', comment: { body: 'Hello' }, tags: ['one'] },
  });
  const id = made.result.id;
  const changed = await client.tickets.update(id, { ticket: { status: 'pending' } });
  assert.equal(changed.result.status, 'pending');
  const shown = await client.tickets.show(id);
  assert.deepEqual(shown.result.tags, ['one']);
  const comments = await client.tickets.getComments(id);
  assert.equal(comments[0].body ?? comments[0].comments[0].body, 'Hello');
  await assert.rejects(
    client.tickets.show(99_999_999),
    error => error.statusCode === 404 || /404|not found/i.test(error.message),
  );
});

test('every ticket is listed once', async () => {
  const numbers = (await client.tickets.list()).map(ticket => ticket.id);
  assert.ok(numbers.length >= 40);
  assert.equal(new Set(numbers).size, numbers.length);
});

test('users, their addresses and their fields', async () => {
  const made = await client.users.create({
    user: { name: 'Nod E', email: 'nod@node.test', external_id: 'nod' },
  });
  const id = made.result.id;
  const again = await client.users.createOrUpdate({ user: { name: 'Node', external_id: 'nod' } });
  assert.equal(again.result.id, id);
  const found = await client.users.search({ query: 'nod@node.test' });
  const list = Array.isArray(found) ? found : found.result;
  assert.deepEqual(
    list.map(user => user.id),
    [id],
  );
  const identity = await client.useridentities.create(id, {
    identity: { type: 'email', value: 'nod@second.test' },
  });
  assert.equal(identity.result.verified, false);
  await client.userfields.create({ user_field: { type: 'text', key: 'desk', title: 'Desk' } });
  const updated = await client.users.update(id, { user: { user_fields: { desk: '4b' } } });
  assert.equal(updated.result.user_fields.desk, '4b');
  await client.users.delete(id);
  assert.equal((await client.users.show(id)).result.active, false);
});

test('organizations and groups', async () => {
  const made = await client.organizations.create({ organization: { name: 'Node Works' } });
  const id = made.result.id;
  const named = await client.organizations.autocomplete({ name: 'node' });
  assert.deepEqual(
    (named.result ?? named).map(o => o.id),
    [id],
  );
  await client.organizations.update(id, { organization: { notes: 'quiet' } });
  assert.equal((await client.organizations.show(id)).result.notes, 'quiet');
  await client.organizations.delete(id);
  await assert.rejects(client.organizations.show(id));
  const group = await client.groups.create({ group: { name: 'Node group' } });
  await client.groups.delete(group.result.id);
});

test('search', async () => {
  const made = await client.tickets.create({
    ticket: { subject: 'Okapi sighted', comment: { body: 'Near the lift' } },
  });
  const found = await client.search.query('type:ticket okapi');
  const list = found.result ?? found;
  assert.deepEqual(
    list.map(ticket => ticket.id),
    [made.result.id],
  );
});

test('what administrators set up', async () => {
  assert.ok((await client.ticketfields.list()).length >= 10);
  assert.ok((await client.triggers.list()).length >= 4);
  assert.ok((await client.views.list()).length >= 5);
});

test('agents may not do what administrators may', async () => {
  await assert.rejects(as('maya@acme.test').groups.create({ group: { name: 'Mine' } }));
});
