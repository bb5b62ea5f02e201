//! Business hours.

use http::Method;
use serde_json::json;

use crate::support::{call, get, start};
use crate::tickets::{ADMIN_, MAYA, id_of};

const ROOT: &str = "/api/v2/business_hours/schedules";

#[tokio::test]
async fn the_seed_has_two_offices_with_holidays() {
    let sandbox = start().await;
    let list = get(&sandbox, MAYA, &format!("{ROOT}.json")).await.expect(200).json();
    let zones: Vec<&str> = list["schedules"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|s| s["time_zone"].as_str())
        .collect();
    assert_eq!(zones, ["Berlin", "Eastern Time (US & Canada)"]);
    assert_eq!(list["schedules"][0]["intervals"][0], json!({"start_time": 1_980, "end_time": 2_520}));
    let id = id_of(&list["schedules"][1]);
    let holidays = get(&sandbox, MAYA, &format!("{ROOT}/{id}/holidays")).await.expect(200).json();
    let thanksgiving = holidays["holidays"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|h| h["start_date"] == "2026-11-26")
        .expect("the fourth Thursday of November");
    assert_eq!(thanksgiving["name"], "Thanksgiving");
}

#[tokio::test]
async fn schedules_and_holidays_are_made_changed_and_removed() {
    let sandbox = start().await;
    let body = json!({"schedule": {"name": "Night", "time_zone": "London"}});
    call(&sandbox, MAYA, Method::POST, ROOT, body.clone()).await.expect(403);
    let made = call(&sandbox, ADMIN_, Method::POST, ROOT, body).await.expect(201).json();
    let id = id_of(&made["schedule"]);
    let path = format!("{ROOT}/{id}");
    let week = |list| json!({"workweek": {"intervals": list}});
    let good = json!([{"start_time": 0, "end_time": 60}, {"start_time": 10_000, "end_time": 10_080}]);
    let set = call(&sandbox, ADMIN_, Method::PUT, &format!("{path}/workweek"), week(good.clone()))
        .await
        .expect(200);
    assert_eq!(set.json()["workweek"]["intervals"], good);
    for wrong in [
        json!([{"start_time": 60, "end_time": 60}]),
        json!([{"start_time": 0, "end_time": 10_081}]),
        json!([{"start_time": 0, "end_time": 60}, {"start_time": 59, "end_time": 90}]),
    ] {
        call(&sandbox, ADMIN_, Method::PUT, &format!("{path}/workweek"), week(wrong)).await.expect(422);
    }
    let day =
        |start: &str, end: &str| json!({"holiday": {"name": "Off", "start_date": start, "end_date": end}});
    let holidays = format!("{path}/holidays");
    let off = call(&sandbox, ADMIN_, Method::POST, &holidays, day("2027-01-01", "2027-01-02"))
        .await
        .expect(201)
        .json();
    call(&sandbox, ADMIN_, Method::POST, &holidays, day("2027-01-02", "2027-01-01")).await.expect(422);
    call(&sandbox, ADMIN_, Method::POST, &holidays, day("2027-02-30", "2027-03-01")).await.expect(422);
    let one = format!("{holidays}/{}", id_of(&off["holiday"]));
    let moved =
        call(&sandbox, ADMIN_, Method::PUT, &one, day("2027-01-05", "2027-01-05")).await.expect(200).json();
    assert_eq!(get(&sandbox, MAYA, &one).await.expect(200).json(), moved);
    call(&sandbox, ADMIN_, Method::DELETE, &one, json!({})).await.expect(204);
    call(&sandbox, ADMIN_, Method::DELETE, &path, json!({})).await.expect(204);
    get(&sandbox, MAYA, &path).await.expect(404);
}
