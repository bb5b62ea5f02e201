//! Incremental exports.

use std::time::Duration;

use serde_json::json;

use crate::support::get;
use crate::support::start;
use crate::tickets::{ADMIN_, MAYA, create, id_of, put};

#[tokio::test]
async fn changes_come_oldest_first_and_the_newest_minute_is_left_out() {
    let sandbox = start().await;
    let path = "/api/v2/incremental/tickets.json?start_time=0";
    get(&sandbox, MAYA, path).await.expect(403);
    sandbox.control().advance(Duration::from_secs(3_600));
    let before = get(&sandbox, ADMIN_, path).await.expect(200).json();
    assert_eq!((before["count"].as_u64(), before["end_of_stream"].as_bool()), (Some(40), Some(true)));
    let id = id_of(&create(&sandbox, json!({"subject": "Late", "comment": {"body": "!"}})).await);
    let open = before["tickets"].as_array().expect("a list").iter().find(|t| t["status"] == "open");
    let open = id_of(open.expect("an open ticket"));
    put(&sandbox, MAYA, open, json!({"subject": "Changed since"})).await.expect(200);
    assert_eq!(get(&sandbox, ADMIN_, path).await.expect(200).json()["count"], 39);
    sandbox.control().advance(Duration::from_secs(61));
    let since =
        before["next_page"].as_str().expect("a link").strip_prefix(sandbox.url()).expect("ours").to_owned();
    let after = get(&sandbox, ADMIN_, &since).await.expect(200).json();
    let mut ids: Vec<u64> = after["tickets"].as_array().expect("a list").iter().map(id_of).collect();
    let newest = ids.split_off(ids.len() - 2);
    assert!(newest == [open, id], "{newest:?}");
    let now = sandbox.control().now().as_second();
    let recent = format!("/api/v2/incremental/tickets?start_time={}", now - 30);
    get(&sandbox, ADMIN_, &recent).await.expect(422);
    get(&sandbox, ADMIN_, "/api/v2/incremental/tickets").await.expect(400);
}

#[tokio::test]
async fn by_time_and_by_cursor_everything_is_seen_once() {
    let sandbox = start().await;
    sandbox.control().advance(Duration::from_secs(3_600));
    for (start, key, all) in [
        ("/api/v2/incremental/tickets?start_time=0&per_page=7", "tickets", 40),
        ("/api/v2/incremental/tickets/cursor?start_time=0&per_page=7", "tickets", 40),
        ("/api/v2/incremental/users?start_time=0&per_page=5", "users", 18),
        ("/api/v2/incremental/users/cursor?start_time=0&per_page=5", "users", 18),
        ("/api/v2/incremental/organizations?start_time=0", "organizations", 4),
    ] {
        let (mut seen, mut next) = (Vec::new(), start.to_owned());
        loop {
            let page = get(&sandbox, ADMIN_, &next).await.expect(200).json();
            seen.extend(page[key].as_array().expect("a list").iter().map(id_of));
            if page["end_of_stream"] == true {
                break;
            }
            let link = page["after_url"].as_str().or(page["next_page"].as_str()).expect("a link");
            next = link.strip_prefix(sandbox.url()).expect("an address of the sandbox").to_owned();
        }
        let count = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((seen.len(), count), (all, all), "{start}");
    }
    get(&sandbox, ADMIN_, "/api/v2/incremental/tickets/cursor?cursor=nonsense").await.expect(400);
}
