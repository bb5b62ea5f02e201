//! Which crate may use which: the arrows of `docs/architecture.md`, held against what cargo knows.

// The exemption for tests does not reach the functions that they share.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What each crate may use. An app may use `kit`; everybody may use [`FOR_TESTS`] in tests.
const ALLOWED: &[(&str, &[&str])] = &[
    ("store", &[]),
    ("zendesk", &[]),
    ("sandbox", &[]),
    ("jobs", &["store"]),
    ("accounts", &["jobs", "store", "zendesk"]),
    ("tickets", &["accounts", "jobs", "store", "zendesk"]),
    ("kit", &["accounts", "jobs", "store", "tickets", "zendesk"]),
    ("web", &["accounts", "jobs", "kit", "store", "tickets", "zendesk"]),
    ("server", &["APPS", "accounts", "jobs", "kit", "sandbox", "store", "tickets", "web", "zendesk"]),
    ("testkit", &["accounts", "jobs", "kit", "sandbox", "store", "tickets", "web", "zendesk"]),
];
const APP: &[&str] = &["kit"];
const FOR_TESTS: &[&str] = &["sandbox", "testkit"];

/// A crate of this workspace: its name, whether it is an app, and the crates of this workspace that it uses.
struct Member {
    name: String,
    is_app: bool,
    /// With `true` for those that it uses in tests alone.
    uses: Vec<(String, bool)>,
}

#[test]
fn no_crate_uses_one_that_stands_above_or_beside_it() {
    let members = members();
    let apps: Vec<&str> = members.iter().filter(|member| member.is_app).map(|member| &*member.name).collect();
    assert!(apps.contains(&"deadline"), "the apps were not found: {apps:?}");
    let mut wrong = Vec::new();
    for member in &members {
        let table = ALLOWED.iter().find(|(name, _)| *name == member.name).map(|(_, allowed)| *allowed);
        let Some(allowed) = table.or(member.is_app.then_some(APP)) else {
            wrong.push(format!("{} is not in the table", member.name));
            continue;
        };
        for (used, in_tests) in &member.uses {
            let as_app = apps.contains(&&**used) && allowed.contains(&"APPS");
            let for_tests = *in_tests && FOR_TESTS.contains(&&**used);
            if !as_app && !for_tests && !allowed.contains(&&**used) {
                wrong.push(format!("{} → {used}{}", member.name, if *in_tests { " (in tests)" } else { "" }));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that are not allowed: {wrong:#?}");
}

fn members() -> Vec<Member> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let read = |package: &Value| {
        let name = text(&package["name"]);
        // What has a path is ours. A crate that names itself in its tests switches on a feature.
        let ours = |used: &&Value| used["path"].is_string() && used["name"] != package["name"];
        let uses = package["dependencies"].as_array().unwrap().iter().filter(ours);
        Member {
            is_app: text(&package["manifest_path"]).contains("/apps/"),
            uses: uses.map(|used| (text(&used["name"]), used["kind"] == "dev")).collect(),
            name,
        }
    };
    packages.iter().map(read).collect()
}
