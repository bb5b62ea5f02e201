//! Business hours: schedules with their week and holidays.

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, put};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Body, created, gone, ok};
use crate::model::{Holiday, Interval, Schedule};
use crate::{ApiError, Shared, time};

const ROOT: &str = "/api/v2/business_hours/schedules";
/// Minutes of a week.
const WEEK: u32 = 10_080;

pub(super) fn router() -> Router<Shared> {
    Router::new()
        .route(ROOT, get(list).post(create))
        .route(&format!("{ROOT}/{{schedule_id}}"), get(show).put(update).delete(remove))
        .route(&format!("{ROOT}/{{schedule_id}}/workweek"), put(workweek))
        .route(&format!("{ROOT}/{{schedule_id}}/holidays"), get(holidays).post(add_holiday))
        .route(
            &format!("{ROOT}/{{schedule_id}}/holidays/{{holiday_id}}"),
            get(holiday).put(change_holiday).delete(remove_holiday),
        )
}

fn render(s: &Schedule) -> Value {
    json!({
        "id": s.id,
        "name": s.name,
        "time_zone": s.time_zone,
        "intervals": s.intervals,
        "created_at": time::text(s.created_at),
        "updated_at": time::text(s.updated_at),
    })
}

fn render_holiday(h: &Holiday) -> Value {
    json!({"id": h.id, "name": h.name, "start_date": h.start_date.to_string(), "end_date": h.end_date.to_string()})
}

async fn list(State(shared): State<Shared>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let list: Vec<Value> = world.schedules.values().map(render).collect();
    ok(json!({"schedules": list, "url": format!("{}{ROOT}.json", world.base_url)}))
}

async fn show(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    ok(json!({"schedule": render(world.schedules.get(&id).ok_or_else(ApiError::not_found)?)}))
}

async fn create(State(shared): State<Shared>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("schedule")?;
    let now = shared.now();
    let mut schedule = Schedule {
        id: 0,
        name: String::new(),
        time_zone: String::new(),
        // Nine to five on working days, as Zendesk begins.
        intervals: (1..=5)
            .map(|d| Interval { start_time: d * 1_440 + 540, end_time: d * 1_440 + 1_020 })
            .collect(),
        holidays: Vec::new(),
        created_at: now,
        updated_at: now,
    };
    apply(&mut schedule, given)?;
    let mut world = shared.write();
    let id = world.ids.next_id();
    schedule.id = id;
    let out = render(&schedule);
    world.schedules.insert(id, schedule);
    created(json!({"schedule": out}), &format!("{}{ROOT}/{id}.json", world.base_url))
}

/// Changes a schedule in place, all or nothing.
fn change(
    shared: &Shared,
    id: u64,
    f: impl FnOnce(&mut Schedule) -> Result<(), ApiError>,
) -> Result<Schedule, ApiError> {
    let now = shared.now();
    let mut world = shared.write();
    let mut schedule = world.schedules.get(&id).ok_or_else(ApiError::not_found)?.clone();
    f(&mut schedule)?;
    schedule.updated_at = now;
    world.schedules.insert(id, schedule.clone());
    Ok(schedule)
}

async fn update(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("schedule")?;
    ok(json!({"schedule": render(&change(&shared, id, |s| apply(s, given))?)}))
}

async fn remove(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.admin()?;
    shared.write().schedules.remove(&id).ok_or_else(ApiError::not_found)?;
    gone()
}

async fn workweek(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let given = body.root("workweek")?;
    let wanted = intervals(given.get("intervals"))?;
    let schedule = change(&shared, id, |s| {
        s.intervals = wanted;
        Ok(())
    })?;
    ok(json!({"workweek": {"intervals": schedule.intervals}}))
}

fn apply(s: &mut Schedule, given: &Map<String, Value>) -> Result<(), ApiError> {
    if let Some(name) = given.get("name").and_then(Value::as_str) {
        name.trim().clone_into(&mut s.name);
    }
    if let Some(zone) = given.get("time_zone").and_then(Value::as_str) {
        zone.trim().clone_into(&mut s.time_zone);
    }
    if let Some(list) = given.get("intervals") {
        s.intervals = intervals(Some(list))?;
    }
    if s.name.is_empty() {
        return Err(ApiError::invalid("name", "BlankValue", "Name: cannot be blank"));
    }
    if s.time_zone.is_empty() {
        return Err(ApiError::invalid("time_zone", "BlankValue", "Time zone: cannot be blank"));
    }
    Ok(())
}

/// Intervals of a week that lie in it, begin before they end and do not overlap.
fn intervals(given: Option<&Value>) -> Result<Vec<Interval>, ApiError> {
    let wrong = || ApiError::invalid("intervals", "InvalidValue", "Intervals: is invalid");
    let mut list: Vec<Interval> =
        serde_json::from_value(given.cloned().unwrap_or_default()).map_err(|_| wrong())?;
    list.sort_by_key(|i| i.start_time);
    let good = list.iter().all(|i| i.start_time < i.end_time && i.end_time <= WEEK)
        && list.windows(2).all(|pair| pair[0].end_time <= pair[1].start_time);
    if good { Ok(list) } else { Err(wrong()) }
}

async fn holidays(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let schedule = world.schedules.get(&id).ok_or_else(ApiError::not_found)?;
    let list: Vec<Value> = schedule.holidays.iter().map(render_holiday).collect();
    ok(json!({"holidays": list, "url": format!("{}{ROOT}/{id}/holidays.json", world.base_url)}))
}

async fn holiday(State(shared): State<Shared>, Path((id, holiday)): Path<(u64, u64)>, ask: Ask) -> Answer {
    ask.agent()?;
    let world = shared.read();
    let schedule = world.schedules.get(&id).ok_or_else(ApiError::not_found)?;
    let found = schedule.holidays.iter().find(|h| h.id == holiday).ok_or_else(ApiError::not_found)?;
    ok(json!({"holiday": render_holiday(found)}))
}

/// Name and days of a holiday; the end may not lie before the start.
fn read_holiday(given: &Map<String, Value>) -> Result<(String, Date, Date), ApiError> {
    let text = |key: &str| given.get(key).and_then(Value::as_str).unwrap_or_default().trim();
    let name = text("name");
    if name.is_empty() {
        return Err(ApiError::invalid("name", "BlankValue", "Name: cannot be blank"));
    }
    let day = |key: &str| {
        text(key)
            .parse::<Date>()
            .map_err(|_| ApiError::invalid(key, "InvalidValue", format!("{key}: is not a date")))
    };
    let (start, end) = (day("start_date")?, day("end_date")?);
    if end < start {
        return Err(ApiError::invalid(
            "end_date",
            "InvalidValue",
            "End date: must not be before the start date",
        ));
    }
    Ok((name.to_owned(), start, end))
}

async fn add_holiday(State(shared): State<Shared>, Path(id): Path<u64>, ask: Ask, body: Body) -> Answer {
    ask.admin()?;
    let (name, start_date, end_date) = read_holiday(body.root("holiday")?)?;
    let mut world = shared.write();
    let holiday = Holiday { id: world.ids.next_id(), name, start_date, end_date };
    let out = render_holiday(&holiday);
    let location = format!("{}{ROOT}/{id}/holidays/{}.json", world.base_url, holiday.id);
    let schedule = world.schedules.get_mut(&id).ok_or_else(ApiError::not_found)?;
    schedule.holidays.push(holiday);
    schedule.holidays.sort_by_key(|h| h.start_date);
    created(json!({"holiday": out}), &location)
}

async fn change_holiday(
    State(shared): State<Shared>,
    Path((id, holiday)): Path<(u64, u64)>,
    ask: Ask,
    body: Body,
) -> Answer {
    ask.admin()?;
    let (name, start_date, end_date) = read_holiday(body.root("holiday")?)?;
    let changed = Holiday { id: holiday, name, start_date, end_date };
    let out = render_holiday(&changed);
    change(&shared, id, |s| {
        *s.holidays.iter_mut().find(|h| h.id == holiday).ok_or_else(ApiError::not_found)? = changed;
        Ok(())
    })?;
    ok(json!({"holiday": out}))
}

async fn remove_holiday(
    State(shared): State<Shared>,
    Path((id, holiday)): Path<(u64, u64)>,
    ask: Ask,
) -> Answer {
    ask.admin()?;
    change(&shared, id, |s| {
        let before = s.holidays.len();
        s.holidays.retain(|h| h.id != holiday);
        if s.holidays.len() < before { Ok(()) } else { Err(ApiError::not_found()) }
    })?;
    gone()
}
