//! The order of the rooms and the tidiness of the house, read from the sources (ARCHITECTURE.md, "What must stay true").

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// What each room may know, besides itself.
const KNOWS: &[(&str, &[&str])] = &[
    ("document", &[]),
    ("clock", &["document"]),
    ("calendar", &["document"]),
    // What of a decision must be public, and whether it is; pure.
    ("publication", &["calendar", "document"]),
    ("redact", &[]),
    ("tls", &[]),
    ("sys", &[]),
    ("telemetry", &["clock", "document", "redact"]),
    ("config", &["calendar", "document", "redact", "telemetry"]),
    ("watch", &["clock", "config", "document", "telemetry"]),
    ("check", &["calendar", "config", "document", "publication"]),
    ("store", &["document"]),
    ("platform", &["clock", "config", "document", "redact", "telemetry", "tls"]),
    // Who did what, chained; and who may do what in the console.
    ("audit", &["clock", "document", "redact", "store"]),
    ("users", &["clock", "document", "store"]),
    // The meeting place.
    ("queue", &["check", "clock", "document", "platform", "store"]),
    ("upload", &["clock", "document", "platform", "queue", "store"]),
    ("reconcile", &["calendar", "clock", "document", "platform", "publication", "queue", "store"]),
    ("day", &["calendar", "check", "clock", "config", "document", "store"]),
    ("status", &["day", "document", "platform", "publication", "reconcile", "store"]),
    ("alert", &["calendar", "clock", "config", "day", "document", "redact", "status", "store", "tls"]),
    ("report", &["calendar", "check", "day", "document", "reconcile", "status", "store"]),
    (
        "control",
        &[
            "alert",
            "audit",
            "calendar",
            "clock",
            "day",
            "document",
            "platform",
            "publication",
            "queue",
            "report",
            "status",
            "store",
            "users",
        ],
    ),
    // Over HTTP; it reads the picture, and asks the desk for everything else.
    ("console", &["alert", "audit", "clock", "config", "control", "day", "document", "queue", "redact", "status", "store", "users"]),
    // The wiring.
    (
        "daemon",
        &[
            "alert",
            "audit",
            "calendar",
            "check",
            "clock",
            "config",
            "console",
            "control",
            "day",
            "document",
            "platform",
            "publication",
            "queue",
            "reconcile",
            "report",
            "status",
            "store",
            "telemetry",
            "upload",
            "users",
            "watch",
        ],
    ),
    ("demo", &["alert", "clock", "config", "daemon", "day", "document", "status", "store", "telemetry", "users", "watch"]),
    (
        "cli",
        &[
            "alert",
            "audit",
            "calendar",
            "check",
            "clock",
            "config",
            "control",
            "daemon",
            "day",
            "demo",
            "document",
            "platform",
            "publication",
            "queue",
            "report",
            "status",
            "store",
            "users",
            "watch",
        ],
    ),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file below `folder`, with its path below the repository.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let shown = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push((shown, fs::read_to_string(path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "nothing below {folder}");
    found.sort();
    found
}

fn is_test(path: &str) -> bool {
    path.starts_with("tests/")
        || path.contains("/tests")
        || path.ends_with("_tests.rs")
        || path.ends_with("contract.rs")
        || path.ends_with("/samples.rs") && path.starts_with("src/day/")
}

/// What is compiled into the program: no tests, no comments.
fn program() -> Vec<(String, String)> {
    let mut files = sources("src");
    files.retain(|(path, _)| !is_test(path));
    for (_, text) in &mut files {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines =
            code.lines().map(|line| line.split("// ").next().unwrap_or_default()).filter(|line| !line.trim_start().starts_with("//"));
        *text = lines.collect::<Vec<_>>().join("\n");
    }
    files
}

/// The rooms that a text names: `crate::store::…`, `use crate::{clock::…, store::…}`.
fn rooms_named(text: &str) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut begins = true;
            for (at, c) in group.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => begins = true,
                    c if begins && c.is_ascii_alphabetic() => {
                        named.insert(word(&group[at..]));
                        begins = false;
                    }
                    _ => {}
                }
            }
        } else {
            named.insert(word(rest));
        }
    }
    named
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

#[test]
fn rooms_know_only_what_they_may_know() {
    let rooms: BTreeSet<&str> = KNOWS.iter().map(|(room, _)| *room).collect();
    let mut wrong = Vec::new();
    for (path, text) in program() {
        let room = path["src/".len()..].split(['/', '.']).next().unwrap().to_owned();
        let Some((_, may)) = KNOWS.iter().find(|(known, _)| *known == room) else {
            assert!(["lib", "main"].contains(&room.as_str()), "{path} lies in no room of the list");
            continue;
        };
        for named in rooms_named(&text) {
            if rooms.contains(named.as_str()) && named != room && !may.contains(&named.as_str()) {
                wrong.push(format!("{path} knows {named}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_four_that_do_the_work_never_know_one_another_and_nobody_knows_the_wiring() {
    let workers = ["watch", "check", "upload", "reconcile"];
    for (room, may) in KNOWS.iter().copied() {
        for other in workers.iter().filter(|other| workers.contains(&room) && **other != room) {
            assert!(!may.contains(other), "{room} may not know {other}");
        }
        assert!(!may.contains(&"daemon") || ["cli", "demo"].contains(&room), "{room} may not know the wiring");
        assert!(room == "cli" || !may.contains(&"cli") && !may.contains(&"demo"), "{room} may not know the command line");
    }
}

#[test]
fn the_list_of_imports_is_read_as_the_compiler_reads_it() {
    let text = "use crate::{\n    clock::{Signal, Work},\n    store,\n};\nuse crate::queue::Lease; fn f(x: crate::check::Draft) {}";
    assert_eq!(rooms_named(text).into_iter().collect::<Vec<_>>(), ["check", "clock", "queue", "store"]);
}

#[test]
fn one_file_names_each_of_the_dangerous_things() {
    for (what, files) in [
        ("sled::", &["src/store/index/mod.rs"][..]),
        // The platform's exchanges are one thing, the plain posts of alerts another.
        ("reqwest::", &["src/platform/http.rs", "src/alert/channel/http.rs"]),
        ("lettre::", &["src/alert/channel/mail.rs"]),
        ("unsafe {", &["src/sys/src/lib.rs"]),
        ("SystemTime", &["src/clock.rs"]),
        ("Instant::now", &["src/clock.rs"]),
        ("Utc::now", &["src/clock.rs"]),
        ("Local::now", &["src/clock.rs"]),
    ] {
        let others = program().into_iter().filter(|(path, text)| !files.contains(&path.as_str()) && text.contains(what));
        let others: Vec<_> = others.map(|(path, _)| path).collect();
        assert!(others.is_empty(), "{what} belongs in {files:?} alone: {others:?}");
    }
}

#[test]
fn a_field_of_the_log_has_one_spelling() {
    for (path, text) in program() {
        let calls = text.match_indices("tracing::").filter_map(|(at, _)| text[at..].split_once("!(").map(|(_, rest)| rest));
        for call in calls {
            let fields = call.split('"').next().unwrap_or_default();
            for (wrong, right) in [("document = ", "document.id"), ("documents = ", "count"), ("code = ", "platform.code")] {
                let spelt = fields.match_indices(wrong).any(|(at, _)| at == 0 || fields[..at].ends_with([' ', '\n', ',']));
                assert!(!spelt, "{path}: {wrong} is spelt {right}");
            }
        }
    }
}

#[test]
fn only_the_command_line_prints() {
    for (path, text) in program() {
        let prints = ["println!(", "print!("].iter().any(|print| text.contains(print));
        assert!(!prints || path.starts_with("src/cli/"), "{path} prints");
    }
}

#[test]
fn no_static_holds_state() {
    for (path, text) in program() {
        for line in text.lines().map(str::trim_start) {
            let declared = line.strip_prefix("pub ").unwrap_or(line).strip_prefix("static ");
            let holds = |words: &str| ["Mutex", "RwLock", "Atomic", "Cell", " mut "].iter().any(|kind| words.contains(kind));
            assert!(!declared.is_some_and(holds), "{path}: {line}");
        }
        assert!(!text.contains("thread_local!"), "{path} keeps something per thread");
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Put together here, so that this file does not find itself.
    let marks =
        [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("dbg", "!("), concat!("#[ig", "nore"), concat!("FIX", "ME")];
    for (path, text) in ["src", "mocks/src", "mocks/tests", "tests", "benches"].iter().flat_map(|folder| sources(folder)) {
        for mark in marks {
            assert!(!text.contains(mark), "{path} has {mark}");
        }
    }
}

#[test]
fn no_file_is_too_long_to_read() {
    for (path, text) in ["src", "mocks/src", "mocks/tests", "tests", "benches"].iter().flat_map(|folder| sources(folder)) {
        let (lines, most) = (text.lines().count(), if is_test(&path) || path.starts_with("mocks/tests") { 600 } else { 500 });
        assert!(lines <= most, "{path} has {lines} lines; {most} are enough");
    }
}
