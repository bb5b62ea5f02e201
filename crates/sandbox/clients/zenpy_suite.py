"""Drives a running sandbox with zenpy, as it comes from its registry.

SANDBOX_URL names the sandbox. zenpy itself reads where to connect from ZENPY_FORCE_NETLOC and ZENPY_FORCE_SCHEME.
"""

import os
import time
import unittest
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

ADDRESS = urlsplit(os.environ["SANDBOX_URL"])
os.environ["ZENPY_FORCE_NETLOC"] = ADDRESS.netloc
os.environ["ZENPY_FORCE_SCHEME"] = ADDRESS.scheme

import requests  # noqa: E402
from zenpy import Zenpy  # noqa: E402
from zenpy.lib.api_objects import (  # noqa: E402
    Comment,
    Group,
    GroupMembership,
    Identity,
    Organization,
    OrganizationMembership,
    Ticket,
    User,
)
from zenpy.lib.exception import APIException, RecordNotFoundException  # noqa: E402


def client(email="admin@acme.test"):
    return Zenpy(subdomain="acme", email=email, token="sandbox")


def finished(zenpy, job):
    """Waits, within a bound, until the job is done."""
    patience = time.monotonic() + 20
    while job.status not in ("completed", "failed", "killed"):
        if time.monotonic() > patience:
            raise AssertionError(f"the job is not done: {job.status}")
        time.sleep(0.05)
        job = zenpy.job_status(id=job.id)
    return job


class Suite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        requests.post(f"{os.environ['SANDBOX_URL']}/sandbox/reset", json={}).raise_for_status()
        cls.zenpy = client()

    def test_who_am_i(self):
        self.assertEqual(self.zenpy.users.me().email, "admin@acme.test")

    def test_a_wrong_token_is_refused(self):
        with self.assertRaises(APIException):
            Zenpy(subdomain="acme", email="admin@acme.test", token="wrong").users.me()

    def test_tickets_from_creation_to_tags(self):
        audit = self.zenpy.tickets.create(
            Ticket(subject="From zenpy", comment=Comment(body="Hello"), tags=["one"], priority="high")
        )
        ticket = self.zenpy.tickets(id=audit.ticket.id)
        self.assertEqual((ticket.subject, ticket.priority), ("From zenpy", "high"))
        ticket.status = "pending"
        ticket.comment = Comment(body="A note", public=False)
        self.assertEqual(self.zenpy.tickets.update(ticket).ticket.status, "pending")
        self.assertEqual(sorted(self.zenpy.tickets.add_tags(ticket.id, ["two"])), ["one", "two"])
        self.zenpy.tickets.delete_tags(ticket.id, ["one"])
        self.assertEqual(list(self.zenpy.tickets.tags(ticket.id)), ["two"])
        comments = list(self.zenpy.tickets.comments(ticket.id))
        self.assertEqual([c.body for c in comments], ["Hello", "A note"])
        self.assertEqual(comments[0].author.email, "admin@acme.test")
        self.assertGreaterEqual(len(list(self.zenpy.tickets.audits(ticket.id))), 2)
        with self.assertRaises(RecordNotFoundException):
            self.zenpy.tickets(id=99_999_999)

    def test_every_ticket_is_listed_once(self):
        numbers = [ticket.id for ticket in self.zenpy.tickets()]
        self.assertGreaterEqual(len(numbers), 40)
        self.assertEqual(len(numbers), len(set(numbers)))

    def test_users_one_and_many(self):
        user = self.zenpy.users.create(User(name="Zoe Py", email="zoe@zenpy.test", external_id="zoe"))
        again = self.zenpy.users.create_or_update(User(name="Zoe P.", external_id="zoe"))
        self.assertEqual((again.id, again.name), (user.id, "Zoe P."))
        many = [User(name=f"Many {n}", email=f"many{n}@zenpy.test") for n in range(3)]
        job = finished(self.zenpy, self.zenpy.users.create(many))
        self.assertEqual(len(job.results), 3)
        self.assertIn(user.id, [u.id for u in self.zenpy.users.search(query="zoe")])
        identity = self.zenpy.users.identities.create(user, Identity(type="email", value="zoe@second.test"))
        self.zenpy.users.identities.make_primary(user, identity)
        # A fresh client: zenpy remembers what it has seen.
        self.assertEqual(client().users(id=user.id).email, "zoe@second.test")
        self.zenpy.users.delete(user)
        self.assertFalse(client().users(id=user.id).active)

    def test_organizations_and_memberships(self):
        organization = self.zenpy.organizations.create(Organization(name="Zenpy Works", external_id="zw"))
        again = Organization(name="Zenpy Works", external_id="zw", notes="known")
        self.assertEqual(self.zenpy.organizations.create_or_update(again).id, organization.id)
        user = self.zenpy.users.create(User(name="Member", email="member@zenpy.test"))
        membership = self.zenpy.organization_memberships.create(
            OrganizationMembership(user_id=user.id, organization_id=organization.id)
        )
        self.assertTrue(membership.default)
        self.assertEqual([u.id for u in self.zenpy.organizations.users(organization)], [user.id])
        self.zenpy.organization_memberships.delete(membership)
        organization.name = "Zenpy Works Ltd"
        self.assertEqual(self.zenpy.organizations.update(organization).name, "Zenpy Works Ltd")
        self.zenpy.organizations.delete(organization)
        with self.assertRaises(RecordNotFoundException):
            client().organizations(id=organization.id)

    def test_groups_and_memberships(self):
        group = self.zenpy.groups.create(Group(name="Zenpy group"))
        maya = next(iter(self.zenpy.users.search(query="maya@acme.test")))
        membership = self.zenpy.group_memberships.create(GroupMembership(user_id=maya.id, group_id=group.id))
        self.assertIn(membership.id, [m.id for m in self.zenpy.users.group_memberships(user=maya.id)])
        self.zenpy.group_memberships.delete(membership)
        self.zenpy.groups.delete(group)

    def test_search(self):
        audit = self.zenpy.tickets.create(
            Ticket(subject="Pangolin sighted", comment=Comment(body="Near the lift"), tags=["pangolin"])
        )
        found = self.zenpy.search("pangolin", type="ticket")
        self.assertEqual([t.id for t in found], [audit.ticket.id])
        yesterday = datetime.now(timezone.utc) - timedelta(days=1)
        found = self.zenpy.search(type="ticket", tags=["pangolin"], created_after=yesterday)
        self.assertEqual(found.count, 1)
        found = self.zenpy.search(type="ticket", tags=["pangolin"], minus="status:new")
        self.assertEqual([t.id for t in found], [])

    def test_incremental_exports(self):
        start = datetime.now(timezone.utc) - timedelta(days=400)
        self.assertGreaterEqual(len({t.id for t in self.zenpy.tickets.incremental(start_time=start)}), 30)
        self.assertGreaterEqual(len({u.id for u in self.zenpy.users.incremental(start_time=start)}), 18)
        by_cursor = self.zenpy.tickets.incremental(start_time=start, paginate_by_time=False)
        self.assertGreaterEqual(len({t.id for t in by_cursor}), 30)

    def test_what_administrators_set_up(self):
        self.assertGreaterEqual(len(list(self.zenpy.ticket_fields())), 10)
        self.assertGreaterEqual(len(list(self.zenpy.views())), 5)
        self.assertGreaterEqual(len(list(self.zenpy.triggers())), 4)

    def test_agents_may_not_do_what_administrators_may(self):
        with self.assertRaises(APIException):
            client("maya@acme.test").groups.create(Group(name="Mine"))


if __name__ == "__main__":
    unittest.main()
