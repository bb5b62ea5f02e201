//! What administrators have set up: fields, forms, statuses, views, triggers, business hours.

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::people::Cast;
use crate::model::{
    Action, Condition, Conditions, CustomStatus, FieldKind, FieldOption, Holiday, Interval, Schedule, Status,
    TicketField, TicketForm, Trigger, View, World,
};

/// The ids of the custom fields, for the tickets.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) deadline_date: u64,
    pub(super) order_number: u64,
    pub(super) category: u64,
    pub(super) vendor: u64,
    pub(super) people: u64,
}

pub(super) fn add(world: &mut World, then: Timestamp, cast: &Cast) -> Fields {
    statuses(world, then);
    let (system, fields) = ticket_fields(world, then);
    forms(world, then, &system, &fields);
    views(world, then);
    triggers(world, then, cast);
    schedules(world, then);
    fields
}

fn statuses(world: &mut World, then: Timestamp) {
    let list = [
        (Status::New, "New", "Open", "Nobody has looked at it yet", true),
        (Status::Open, "Open", "Open", "An agent is working on it", true),
        (Status::Pending, "Pending", "Awaiting your reply", "Waiting for the requester", true),
        (Status::Hold, "On-hold", "Open", "Waiting for somebody else", true),
        (Status::Solved, "Solved", "Solved", "Done", true),
        (Status::Hold, "Waiting for a part", "Waiting for a part", "Ordered, not yet delivered", false),
    ];
    for (category, agent, customer, description, default) in list {
        let id = world.ids.next_id();
        let status = CustomStatus {
            id,
            status_category: category,
            agent_label: agent.to_owned(),
            end_user_label: customer.to_owned(),
            description: description.to_owned(),
            end_user_description: description.to_owned(),
            active: true,
            default,
            created_at: then,
            updated_at: then,
        };
        world.custom_statuses.insert(id, status);
    }
}

fn field(world: &mut World, then: Timestamp, kind: FieldKind, title: &str, options: &[(&str, &str)]) -> u64 {
    let id = world.ids.next_id();
    let options = options
        .iter()
        .map(|(name, value)| FieldOption {
            id: world.ids.next_id(),
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            default: false,
        })
        .collect();
    let system = !kind.is_custom();
    let field = TicketField {
        id,
        kind,
        title: title.to_owned(),
        title_in_portal: title.to_owned(),
        description: String::new(),
        agent_description: None,
        position: i64::try_from(world.ticket_fields.len()).unwrap_or(0) + 1,
        active: true,
        required: false,
        required_in_portal: false,
        collapsed_for_agents: false,
        visible_in_portal: system,
        editable_in_portal: system,
        system,
        tag: None,
        regexp_for_validation: None,
        options,
        created_at: then,
        updated_at: then,
    };
    world.ticket_fields.insert(id, field);
    id
}

/// The system's fields, then the custom ones.
fn ticket_fields(world: &mut World, then: Timestamp) -> (Vec<u64>, Fields) {
    use FieldKind::{
        Assignee, Checkbox, CustomStatus, Date, Description, Group, Integer, MultiSelect, Priority, Status,
        Subject, Tagger, Text, TicketType,
    };
    let system = [
        (Subject, "Subject"),
        (Description, "Description"),
        (Status, "Status"),
        (TicketType, "Type"),
        (Priority, "Priority"),
        (Group, "Group"),
        (Assignee, "Assignee"),
        (CustomStatus, "Ticket status"),
    ]
    .map(|(kind, title)| field(world, then, kind, title, &[]))
    .to_vec();
    let fields = Fields {
        deadline_date: field(world, then, Date, "Deadline date", &[]),
        order_number: field(world, then, Text, "Order number", &[]),
        category: field(
            world,
            then,
            Tagger,
            "Category",
            &[
                ("Access", "category_access"),
                ("Hardware", "category_hardware"),
                ("Building", "category_building"),
                ("Billing", "category_billing"),
                ("Question", "category_question"),
            ],
        ),
        vendor: field(world, then, Checkbox, "Passed to the vendor", &[]),
        people: field(world, then, Integer, "People affected", &[]),
    };
    field(
        world,
        then,
        MultiSelect,
        "Systems affected",
        &[("E-mail", "system_email"), ("Network", "system_network"), ("Phones", "system_phones")],
    );
    if let Some(field) = world.ticket_fields.get_mut(&fields.vendor) {
        field.tag = Some("passed_to_vendor".to_owned());
    }
    (system, fields)
}

fn forms(world: &mut World, then: Timestamp, system: &[u64], fields: &Fields) {
    let all: Vec<u64> = world.ticket_fields.keys().copied().collect();
    let mut it = system.to_vec();
    it.extend([fields.deadline_date, fields.category, fields.people]);
    for (position, (name, ids)) in [("Default request", all), ("IT request", it)].into_iter().enumerate() {
        let id = world.ids.next_id();
        let form = TicketForm {
            id,
            name: name.to_owned(),
            display_name: name.to_owned(),
            position: i64::try_from(position).unwrap_or(0) + 1,
            active: true,
            default: position == 0,
            end_user_visible: true,
            ticket_field_ids: ids,
            agent_conditions: Vec::new(),
            end_user_conditions: Vec::new(),
            created_at: then,
            updated_at: then,
        };
        world.ticket_forms.insert(id, form);
    }
}

fn condition(field: &str, operator: &str, value: impl Into<Value>) -> Condition {
    Condition { field: field.to_owned(), operator: operator.to_owned(), value: value.into() }
}

fn action(field: &str, value: impl Into<Value>) -> Action {
    Action { field: field.to_owned(), value: value.into() }
}

fn views(world: &mut World, then: Timestamp) {
    let unsolved = || condition("status", "less_than", "solved");
    let list = [
        (
            "Your unsolved tickets",
            vec![unsolved(), condition("assignee_id", "is", "current_user")],
            "status",
            false,
        ),
        ("Unassigned tickets", vec![unsolved(), condition("assignee_id", "is", "")], "created", true),
        ("All unsolved tickets", vec![unsolved()], "updated", true),
        (
            "Recently updated tickets",
            vec![unsolved(), condition("updated_at", "less_than", "168")],
            "updated",
            true,
        ),
        (
            "Recently solved tickets",
            vec![condition("status", "is", "solved"), condition("updated_at", "less_than", "720")],
            "updated",
            true,
        ),
    ];
    for (position, (title, all, sort_by, sort_desc)) in list.into_iter().enumerate() {
        let id = world.ids.next_id();
        let columns = ["status", "subject", "requester", "priority", "assignee", "updated"];
        let view = View {
            id,
            title: title.to_owned(),
            description: None,
            active: true,
            position: i64::try_from(position).unwrap_or(0) + 1,
            conditions: Conditions { all, any: Vec::new() },
            columns: columns.map(str::to_owned).to_vec(),
            sort_by: sort_by.to_owned(),
            sort_desc,
            group_by: None,
            group_desc: false,
            restriction: None,
            created_at: then,
            updated_at: then,
        };
        world.views.insert(id, view);
    }
}

fn triggers(world: &mut World, then: Timestamp, cast: &Cast) {
    let list = [
        (
            "Mark tickets of Lumen Clinic",
            true,
            vec![
                condition("update_type", "is", "Create"),
                condition("organization_id", "is", cast.organizations[1].to_string()),
            ],
            vec![action("current_tags", "clinic")],
        ),
        (
            "Send building matters to Facilities",
            true,
            vec![
                condition("update_type", "is", "Create"),
                condition("current_tags", "includes", "category_building"),
                condition("group_id", "is", ""),
            ],
            vec![action("group_id", cast.facilities.to_string())],
        ),
        (
            "Escalate when the deadline has passed",
            true,
            vec![
                condition("update_type", "is", "Change"),
                condition("current_tags", "includes", "deadline_now"),
                condition("current_tags", "not_includes", "deadline_escalated"),
            ],
            vec![
                action("priority", "urgent"),
                action("current_tags", "deadline_escalated"),
                action(
                    "comment_value",
                    "The deadline of this ticket has passed. Priority is now urgent; please look at it first.",
                ),
                action("comment_mode_is_public", "false"),
            ],
        ),
        (
            "Ask for a rating when solved",
            false,
            vec![condition("status", "value", "solved")],
            vec![
                action("comment_value", "Thank you, {{ticket.requester.first_name}}. How did we do?"),
                action("current_tags", "rating_asked"),
            ],
        ),
    ];
    for (position, (title, active, all, actions)) in list.into_iter().enumerate() {
        let id = world.ids.next_id();
        let trigger = Trigger {
            id,
            title: title.to_owned(),
            description: None,
            active,
            position: i64::try_from(position).unwrap_or(0) + 1,
            category_id: None,
            conditions: Conditions { all, any: Vec::new() },
            actions,
            created_at: then,
            updated_at: then,
        };
        world.triggers.insert(id, trigger);
    }
}

/// Two offices; their holidays for four years around the first day.
fn schedules(world: &mut World, then: Timestamp) {
    let first = then.to_zoned(TimeZone::UTC).year();
    let years = [first - 1, first, first + 1, first + 2];
    let berlin = years.iter().flat_map(|y| {
        [
            ("New Year", day(*y, 1, 1), 1),
            ("Labour Day", day(*y, 5, 1), 1),
            ("Day of German Unity", day(*y, 10, 3), 1),
            ("Christmas", day(*y, 12, 25), 2),
        ]
    });
    let new_york = years.iter().flat_map(|y| {
        let thanksgiving =
            Date::new(*y, 11, 1).and_then(|d| d.nth_weekday_of_month(4, Weekday::Thursday)).ok();
        [
            ("New Year's Day", day(*y, 1, 1), 1),
            ("Independence Day", day(*y, 7, 4), 1),
            ("Thanksgiving", thanksgiving, 2),
            ("Christmas Day", day(*y, 12, 25), 1),
        ]
    });
    let berlin: Vec<_> = berlin.collect();
    let new_york: Vec<_> = new_york.collect();
    schedule(world, then, "Berlin office", "Berlin", (9, 18), berlin);
    schedule(world, then, "New York office", "Eastern Time (US & Canada)", (8, 17), new_york);
}

fn day(year: i16, month: i8, day: i8) -> Option<Date> {
    Date::new(year, month, day).ok()
}

/// Monday to Friday, from one hour to the other.
fn schedule(
    world: &mut World,
    then: Timestamp,
    name: &str,
    zone: &str,
    (from, to): (u32, u32),
    days: Vec<(&str, Option<Date>, i32)>,
) {
    let mut holidays = Vec::new();
    for (name, start, length) in days {
        let Some(start_date) = start else { continue };
        let end_date = start_date.checked_add(jiff::Span::new().days(length - 1)).unwrap_or(start_date);
        holidays.push(Holiday { id: world.ids.next_id(), name: name.to_owned(), start_date, end_date });
    }
    let week = (1..=5).map(|d| Interval { start_time: d * 1_440 + from * 60, end_time: d * 1_440 + to * 60 });
    let id = world.ids.next_id();
    let schedule = Schedule {
        id,
        name: name.to_owned(),
        time_zone: zone.to_owned(),
        intervals: week.collect(),
        holidays,
        created_at: then,
        updated_at: then,
    };
    world.schedules.insert(id, schedule);
}

/// A text value of a custom field.
pub(super) fn text(value: impl ToString) -> Value {
    json!(value.to_string())
}
