//! Activity: what is written is found again, newest first.

use serde_json::json;
use tickets::Cause;
use tickets::activity::{self, Filter, Line, Progress, record};

use crate::world::{MIGRATIONS, World};

fn line(app: &str, ticket: i64, cause: Cause) -> Line {
    let args = json!({"at": "2026-11-23T10:00:00Z"});
    let (app, progress) = (app.to_owned(), Progress::Done);
    Line { app, ticket_id: Some(ticket), code: "deadline.set", args, cause, progress }
}

store::on_both_databases! {
    migrations = &MIGRATIONS;

    async fn lines_come_back_as_they_went_in(test: &TestDb) {
        let world = World::new(test).await;
        let mut tx = test.db.write(&world.account).await.unwrap();
        let causes = [
            Cause::Agent { id: 5, name: "Ann".into() },
            Cause::Trigger { invocation: "01ABC".into() },
            Cause::Timer,
        ];
        for cause in &causes {
            record(&mut tx, line("deadline", 1, cause.clone())).await.unwrap();
        }
        tx.commit().await.unwrap();
        let lines = world.lines().await;
        assert_eq!(lines.iter().map(|line| line.cause.clone()).collect::<Vec<_>>(), causes);
        assert_eq!(lines[0].at, world.now());
        assert_eq!((lines[0].code.as_str(), lines[0].progress), ("deadline.set", Progress::Done));
        assert_eq!(lines[0].args["at"], "2026-11-23T10:00:00Z");
        let other = World::new_account(test, "other").await;
        assert!(other.lines().await.is_empty());
    }

    async fn pages_and_filters(test: &TestDb) {
        let world = World::new(test).await;
        let mut tx = test.db.write(&world.account).await.unwrap();
        let lines = (0..25).map(|n| line(if n % 2 == 0 { "deadline" } else { "tasks" }, n % 5, Cause::Timer));
        activity::record_many(&mut tx, lines.collect()).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = test.db.read_prefer_primary(&world.account).await.unwrap();
        let mut filter = Filter { limit: 10, ..Filter::default() };
        let mut seen = Vec::new();
        let mut pages = 0;
        loop {
            let page = activity::list(&mut tx, &filter).await.unwrap();
            pages += 1;
            seen.extend(page.entries.iter().map(|entry| entry.id));
            let Some(next) = page.next else { break };
            filter.cursor = Some(next.to_string().parse().unwrap());
        }
        assert_eq!((pages, seen.len()), (3, 25));
        assert!(seen.is_sorted_by(|newer, older| newer > older));
        let filter = Filter { app: Some("tasks".into()), ticket_id: Some(3), limit: 50, ..Filter::default() };
        let page = activity::list(&mut tx, &filter).await.unwrap();
        assert_eq!(page.entries.len(), 3);
        assert!(page.entries.iter().all(|entry| entry.app == "tasks" && entry.ticket_id == Some(3)));
        assert_eq!(page.next, None);
    }
}
