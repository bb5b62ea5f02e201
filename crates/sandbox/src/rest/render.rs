//! How records look in answers.

use serde_json::{Map, Value, json};

use crate::model::{
    Attachment, Audit, AuditEvent, Change, Comment, CustomStatus, FieldKind, Group, GroupMembership, Job,
    Organization, Ticket, TicketField, TicketForm, TicketRecord, TicketRestriction, Trigger, User, Via, View,
    World,
};
use crate::{Role, time};

pub(crate) fn ticket(world: &World, t: &Ticket) -> Value {
    let fields = custom_fields(world, t);
    json!({
        "url": format!("{}/api/v2/tickets/{}.json", world.base_url, t.id),
        "id": t.id,
        "external_id": t.external_id,
        "via": via(&t.via),
        "created_at": time::text(t.created_at),
        "updated_at": time::text(t.updated_at),
        "generated_timestamp": t.updated_at.as_second(),
        "type": t.kind,
        "subject": t.subject,
        "raw_subject": t.subject,
        "description": t.description,
        "priority": t.priority,
        "status": t.status,
        "recipient": null,
        "requester_id": t.requester_id,
        "submitter_id": t.submitter_id,
        "assignee_id": t.assignee_id,
        "organization_id": t.organization_id,
        "group_id": t.group_id,
        "collaborator_ids": t.collaborator_ids,
        "follower_ids": t.follower_ids,
        "email_cc_ids": t.email_cc_ids,
        "forum_topic_id": null,
        "problem_id": t.problem_id,
        "has_incidents": world.incidents.contains_key(&t.id),
        "is_public": t.is_public,
        "due_at": t.due_at.map(time::text),
        "tags": t.tags,
        "custom_fields": fields,
        "satisfaction_rating": rating_of(world, t),
        "sharing_agreement_ids": [],
        "custom_status_id": t.custom_status_id,
        "fields": fields,
        "followup_ids": t.followup_ids,
        "ticket_form_id": t.ticket_form_id,
        "brand_id": world.account.brand_id,
        "allow_channelback": false,
        "allow_attachments": true,
        "from_messaging_channel": false,
    })
}

fn custom_fields(world: &World, t: &Ticket) -> Vec<Value> {
    let active = world.ticket_fields.values().filter(|f| f.active && f.kind.is_custom());
    active
        .map(|f| {
            let empty = if f.kind == FieldKind::Checkbox { json!(false) } else { Value::Null };
            json!({"id": f.id, "value": t.custom_fields.get(&f.id).cloned().unwrap_or(empty)})
        })
        .collect()
}

/// Zendesk's word for a channel.
pub(crate) fn channel(v: &Via) -> &'static str {
    match v {
        Via::Web => "web",
        Via::Api => "api",
        Via::Email => "email",
        Via::Trigger { .. } | Via::Automation { .. } | Via::Merge { .. } => "rule",
        Via::Followup { .. } => "api",
    }
}

pub(crate) fn via(v: &Via) -> Value {
    let source = match v {
        Via::Trigger { id, title } => {
            json!({"from": {"deleted": false, "id": id, "title": title, "revision_id": 1}, "to": {}, "rel": "trigger"})
        }
        Via::Automation { id, title } => {
            json!({"from": {"deleted": false, "id": id, "title": title}, "to": {}, "rel": "automation"})
        }
        Via::Followup { ticket_id } => {
            json!({"from": {"ticket_id": ticket_id, "channel": "web"}, "to": {}, "rel": "follow_up"})
        }
        Via::Merge { ticket_id } => json!({"from": {"ticket_id": ticket_id}, "to": {}, "rel": "merge"}),
        _ => json!({"from": {}, "to": {}, "rel": null}),
    };
    json!({"channel": channel(v), "source": source})
}

fn rating_of(world: &World, t: &Ticket) -> Value {
    let rating = t.satisfaction_rating_id.and_then(|id| world.satisfaction_ratings.get(&id));
    rating.map_or_else(
        || json!({"score": "unoffered"}),
        |r| json!({"id": r.id, "score": r.score, "comment": r.comment}),
    )
}

/// A file, as comments and uploads show it.
pub(crate) fn attachment(world: &World, a: &Attachment) -> Value {
    let name: String = url::form_urlencoded::byte_serialize(a.file_name.as_bytes()).collect();
    let address = format!("{}/attachments/token/{}/?name={name}", world.base_url, a.token);
    json!({
        "url": format!("{}/api/v2/attachments/{}.json", world.base_url, a.id),
        "id": a.id,
        "file_name": a.file_name,
        "content_url": address,
        "mapped_content_url": address,
        "content_type": a.content_type,
        "size": a.size,
        "width": null,
        "height": null,
        "inline": false,
        "deleted": a.content.is_none(),
        "malware_access_override": false,
        "malware_scan_result": "malware_not_found",
        "thumbnails": [],
    })
}

pub(crate) fn comment(world: &World, c: &Comment) -> Value {
    let files = c.attachment_ids.iter().filter_map(|id| world.attachments.get(id));
    let html = c.html_body.clone().unwrap_or_else(|| html(&c.body));
    json!({
        "id": c.id,
        "type": "Comment",
        "author_id": c.author_id,
        "body": c.body,
        "html_body": format!("<div class=\"zd-comment\" dir=\"auto\">{html}</div>"),
        "plain_body": c.body,
        "public": c.public,
        "attachments": files.map(|a| attachment(world, a)).collect::<Vec<_>>(),
        "audit_id": c.audit_id,
        "via": via(&c.via),
        "created_at": time::text(c.created_at),
        "metadata": {"system": {}, "custom": {}},
    })
}

fn html(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let paragraphs = text.split("\n\n").map(|p| format!("<p dir=\"auto\">{}</p>", p.replace('\n', "<br>")));
    paragraphs.collect()
}

/// An audit; its comments are taken from `comments`.
pub(crate) fn audit(world: &World, ticket_id: u64, comments: &[Comment], a: &Audit) -> Value {
    let custom = if a.custom.is_null() { json!({}) } else { a.custom.clone() };
    json!({
        "id": a.id,
        "ticket_id": ticket_id,
        "created_at": time::text(a.created_at),
        "author_id": a.author_id,
        "metadata": {
            "system": {"client": "", "ip_address": "127.0.0.1", "location": "", "latitude": null, "longitude": null},
            "custom": custom,
        },
        "events": a.events.iter().map(|e| event(world, comments, e)).collect::<Vec<_>>(),
        "via": via(&a.via),
    })
}

fn event(world: &World, comments: &[Comment], e: &AuditEvent) -> Value {
    let mut out = match &e.change {
        Change::Comment => comments.iter().find(|c| c.id == e.id).map_or_else(
            || json!({}),
            |c| {
                let mut c = comment(world, c);
                if let Value::Object(map) = &mut c {
                    for key in ["via", "created_at", "metadata"] {
                        map.remove(key);
                    }
                }
                c
            },
        ),
        Change::Create { field, value } => json!({"type": "Create", "field_name": field, "value": value}),
        Change::Change { field, value, previous } => {
            json!({"type": "Change", "field_name": field, "value": value, "previous_value": previous})
        }
        Change::Notification { recipients, subject, body } => {
            json!({"type": "Notification", "recipients": recipients, "subject": subject, "body": body})
        }
        Change::Webhook { webhook_id, body } => {
            json!({"type": "WebhookEvent", "value": webhook_id, "body": body})
        }
    };
    out["id"] = json!(e.id);
    if let Some(v) = &e.via {
        out["via"] = via(v);
    }
    out
}

/// A record's answer to a change: ticket and audit.
pub(crate) fn changed(world: &World, record: &TicketRecord, a: &Audit) -> Value {
    let t = &record.ticket;
    json!({"ticket": ticket(world, t), "audit": audit(world, t.id, &record.comments, a)})
}

/// A user as this caller may see him.
pub(crate) fn user(world: &World, u: &User, viewer: Role) -> Value {
    let photo: Option<&str> = None;
    let mut out = json!({
        "id": u.id,
        "url": format!("{}/api/v2/users/{}.json", world.base_url, u.id),
        "name": u.name,
        "email": u.email,
        "created_at": time::text(u.created_at),
        "updated_at": time::text(u.updated_at),
        "time_zone": u.time_zone,
        "iana_time_zone": u.iana_time_zone,
        "phone": u.phone,
        "shared_phone_number": null,
        "photo": photo,
        "locale_id": 1,
        "locale": u.locale,
        "organization_id": u.organization_id,
        "role": u.role,
        "verified": true,
    });
    if viewer == Role::EndUser {
        return out;
    }
    let restriction = u.ticket_restriction.map(|r| match r {
        TicketRestriction::Organization => "organization",
        TicketRestriction::Groups => "groups",
        TicketRestriction::Assigned => "assigned",
        TicketRestriction::Requested => "requested",
    });
    let groups = || world.group_memberships.values().filter(|m| m.user_id == u.id);
    let more = json!({
        "external_id": u.external_id,
        "tags": u.tags,
        "alias": u.alias,
        "active": u.active,
        "shared": false,
        "shared_agent": false,
        "last_login_at": null,
        "two_factor_auth_enabled": false,
        "signature": u.signature,
        "details": u.details,
        "notes": u.notes,
        // Zendesk's numbers: 0 custom agent, 1 light agent, 4 administrator.
        "role_type": match (u.role, u.light_agent) {
            (Role::EndUser, _) => None,
            (Role::Admin, _) => Some(4),
            (Role::Agent, true) => Some(1),
            (Role::Agent, false) => Some(0),
        },
        "custom_role_id": null,
        "moderator": u.role == Role::Admin,
        "ticket_restriction": restriction,
        "only_private_comments": u.light_agent,
        "restricted_agent": u.role == Role::EndUser || u.ticket_restriction.is_some(),
        "suspended": u.suspended,
        "chat_only": false,
        "default_group_id": groups().find(|m| m.default).map(|m| m.group_id),
        "report_csv": u.role == Role::Admin,
        "user_fields": u.user_fields,
    });
    merge(&mut out, more);
    out
}

pub(crate) fn group(world: &World, g: &Group) -> Value {
    json!({
        "url": format!("{}/api/v2/groups/{}.json", world.base_url, g.id),
        "id": g.id,
        "is_public": g.is_public,
        "name": g.name,
        "description": g.description,
        "default": g.default,
        "deleted": g.deleted,
        "created_at": time::text(g.created_at),
        "updated_at": time::text(g.updated_at),
    })
}

pub(crate) fn membership(world: &World, m: &GroupMembership) -> Value {
    json!({
        "url": format!("{}/api/v2/group_memberships/{}.json", world.base_url, m.id),
        "id": m.id,
        "user_id": m.user_id,
        "group_id": m.group_id,
        "default": m.default,
        "created_at": time::text(m.created_at),
        "updated_at": time::text(m.updated_at),
    })
}

pub(crate) fn organization(world: &World, o: &Organization) -> Value {
    json!({
        "url": format!("{}/api/v2/organizations/{}.json", world.base_url, o.id),
        "id": o.id,
        "name": o.name,
        "shared_tickets": false,
        "shared_comments": false,
        "external_id": o.external_id,
        "created_at": time::text(o.created_at),
        "updated_at": time::text(o.updated_at),
        "domain_names": o.domain_names,
        "details": o.details,
        "notes": o.notes,
        "group_id": o.group_id,
        "tags": o.tags,
        "organization_fields": o.organization_fields,
    })
}

pub(crate) fn ticket_field(world: &World, f: &TicketField) -> Value {
    let mut out = json!({
        "url": format!("{}/api/v2/ticket_fields/{}.json", world.base_url, f.id),
        "id": f.id,
        "type": f.kind,
        "title": f.title,
        "raw_title": f.title,
        "description": f.description,
        "raw_description": f.description,
        "position": f.position,
        "active": f.active,
        "required": f.required,
        "collapsed_for_agents": f.collapsed_for_agents,
        "regexp_for_validation": f.regexp_for_validation,
        "title_in_portal": f.title_in_portal,
        "raw_title_in_portal": f.title_in_portal,
        "visible_in_portal": f.visible_in_portal,
        "editable_in_portal": f.editable_in_portal,
        "required_in_portal": f.required_in_portal,
        "agent_can_edit": true,
        "tag": f.tag,
        "created_at": time::text(f.created_at),
        "updated_at": time::text(f.updated_at),
        "removable": !f.system,
        "key": null,
        "agent_description": f.agent_description,
    });
    let options = |list: &[(&str, &str)]| {
        Value::Array(list.iter().map(|(name, value)| json!({"name": name, "value": value})).collect())
    };
    match f.kind {
        FieldKind::Tagger | FieldKind::MultiSelect => {
            let list = f.options.iter().map(|o| {
                json!({"id": o.id, "name": o.name, "raw_name": o.name, "value": o.value, "default": o.default})
            });
            out["custom_field_options"] = Value::Array(list.collect());
        }
        FieldKind::Status => {
            out["system_field_options"] = options(&[
                ("Open", "open"),
                ("Pending", "pending"),
                ("On-hold", "hold"),
                ("Solved", "solved"),
            ]);
            out["sub_type_id"] = json!(1);
        }
        FieldKind::Priority => {
            out["system_field_options"] =
                options(&[("Low", "low"), ("Normal", "normal"), ("High", "high"), ("Urgent", "urgent")]);
            out["sub_type_id"] = json!(0);
        }
        FieldKind::TicketType => {
            out["system_field_options"] = options(&[
                ("Question", "question"),
                ("Incident", "incident"),
                ("Problem", "problem"),
                ("Task", "task"),
            ]);
        }
        FieldKind::CustomStatus => {
            out["custom_statuses"] =
                Value::Array(world.custom_statuses.values().map(custom_status).collect());
        }
        _ => {}
    }
    out
}

pub(crate) fn ticket_form(world: &World, f: &TicketForm) -> Value {
    json!({
        "url": format!("{}/api/v2/ticket_forms/{}.json", world.base_url, f.id),
        "id": f.id,
        "name": f.name,
        "raw_name": f.name,
        "display_name": f.display_name,
        "raw_display_name": f.display_name,
        "position": f.position,
        "active": f.active,
        "default": f.default,
        "end_user_visible": f.end_user_visible,
        "ticket_field_ids": f.ticket_field_ids,
        "agent_conditions": f.agent_conditions,
        "end_user_conditions": f.end_user_conditions,
        "in_all_brands": true,
        "restricted_brand_ids": [],
        "created_at": time::text(f.created_at),
        "updated_at": time::text(f.updated_at),
    })
}

pub(crate) fn custom_status(s: &CustomStatus) -> Value {
    json!({
        "id": s.id,
        "status_category": s.status_category,
        "agent_label": s.agent_label,
        "raw_agent_label": s.agent_label,
        "end_user_label": s.end_user_label,
        "raw_end_user_label": s.end_user_label,
        "description": s.description,
        "raw_description": s.description,
        "end_user_description": s.end_user_description,
        "raw_end_user_description": s.end_user_description,
        "active": s.active,
        "default": s.default,
        "created_at": time::text(s.created_at),
        "updated_at": time::text(s.updated_at),
    })
}

pub(crate) fn trigger(world: &World, t: &Trigger) -> Value {
    json!({
        "url": format!("{}/api/v2/triggers/{}.json", world.base_url, t.id),
        "id": t.id,
        "title": t.title,
        "raw_title": t.title,
        "active": t.active,
        "default": false,
        "position": t.position,
        "description": t.description,
        "category_id": t.category_id,
        "conditions": t.conditions,
        "actions": t.actions,
        "created_at": time::text(t.created_at),
        "updated_at": time::text(t.updated_at),
    })
}

pub(crate) fn view(world: &World, v: &View) -> Value {
    let columns: Vec<Value> = v.columns.iter().map(|c| column(world, c)).collect();
    let order = if v.sort_desc { "desc" } else { "asc" };
    json!({
        "url": format!("{}/api/v2/views/{}.json", world.base_url, v.id),
        "id": v.id,
        "title": v.title,
        "raw_title": v.title,
        "active": v.active,
        "default": false,
        "position": v.position,
        "description": v.description,
        "conditions": v.conditions,
        "restriction": v.restriction,
        "execution": {
            "columns": columns,
            "fields": columns,
            "custom_fields": [],
            "group_by": v.group_by,
            "group_order": v.group_by.as_ref().map(|_| if v.group_desc { "desc" } else { "asc" }),
            "group": v.group_by.as_ref().map(|g| json!({"id": g, "title": title_of(g),
                "order": if v.group_desc { "desc" } else { "asc" }})),
            "sort_by": v.sort_by,
            "sort_order": order,
            "sort": {"id": v.sort_by, "title": title_of(&v.sort_by), "order": order},
        },
        "created_at": time::text(v.created_at),
        "updated_at": time::text(v.updated_at),
    })
}

/// A column as views describe it.
pub(crate) fn column(world: &World, name: &str) -> Value {
    match name.parse::<u64>().ok().and_then(|id| world.ticket_fields.get(&id)) {
        Some(field) => json!({"id": field.id, "title": field.title}),
        None => json!({"id": name, "title": title_of(name)}),
    }
}

fn title_of(column: &str) -> String {
    let mut title = column.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

pub(crate) fn job(world: &World, j: &Job) -> Value {
    let results = if j.status == crate::model::JobState::Queued { Value::Null } else { json!(j.results) };
    json!({
        "id": j.id,
        "job_type": j.job_type,
        "url": format!("{}/api/v2/job_statuses/{}.json", world.base_url, j.id),
        "total": j.total,
        "progress": j.progress,
        "status": j.status,
        "message": j.message,
        "results": results,
    })
}

/// Adds the keys of one object to another.
pub(crate) fn merge(into: &mut Value, more: Value) {
    if let (Value::Object(into), Value::Object(more)) = (into, more) {
        into.extend(more);
    }
}

/// An envelope with its list under `key`.
pub(crate) fn listed(key: &str, list: Vec<Value>, envelope: Map<String, Value>) -> Value {
    let mut out = Map::new();
    out.insert(key.to_owned(), Value::Array(list));
    out.extend(envelope);
    Value::Object(out)
}
