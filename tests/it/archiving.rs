//! Old segments of the journal leave for the archive by schedule, and people are told where to look.

use chrono::Duration;
use dangri::{
    control::{self, Answer, Ask},
    document::State,
    store::Fact,
};

use crate::harness::{Furnishing, Office, record};

/// Closes the journal's first segment of 4 MiB.
async fn fill_a_segment(office: &Office) {
    let store = office.daemon().queue.store();
    for _ in 0..9 {
        let facts = (0..9).map(|n| Fact::new(format!("test/{n}"), "x".repeat(60_000))).collect();
        store.remember_all(facts).await.unwrap();
    }
}

/// What `dangri doc` is told: how many lines of history, and every note.
async fn told(office: &Office, name: &str) -> (usize, String) {
    let (ask, socket) = (Ask::Document { name: name.to_owned() }, office.config().control_socket);
    tokio::task::spawn_blocking(move || {
        let (mut lines, mut notes) = (0, Vec::new());
        control::ask(&socket, ask, None, None, |answer| {
            match answer {
                Answer::Event(_) => lines += 1,
                Answer::Note(note) => notes.push(note),
                _ => {}
            }
            Ok(())
        })
        .unwrap();
        (lines, notes.join("\n"))
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_four_hundred_days_a_closed_segment_is_carried_off_and_its_documents_are_told_of_all_the_same() {
    let settings = "[retention]\narchive = \"archive\"\n[schedule]\narchive = \"*/5 * * * *\"\n";
    let mut office = Furnishing::default().with(settings).open().await;
    office.put("记录.xml", &record(1));
    office.pass(Duration::minutes(2)).await;
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    fill_a_segment(&office).await;
    let archive = office.state_folder().with_file_name("archive");
    let files = || std::fs::read_dir(&archive).map_or(0, Iterator::count);
    office.pass(Duration::minutes(6)).await;
    assert_eq!(files(), 0, "it is too young");
    let before = told(&office, "记录.xml").await;
    assert_eq!(office.stop().await, 0);
    office.clock.advance(Duration::days(401));
    office.start().await;
    office.pass(Duration::minutes(6)).await;
    assert!(files() >= 1, "it was not carried off");
    assert_eq!(told(&office, "记录.xml").await, before);
    // The disk with the archive is unplugged.
    std::fs::rename(&archive, archive.with_extension("away")).unwrap();
    let (lines, notes) = told(&office, "记录.xml").await;
    assert!(lines < before.0);
    assert!(notes.contains("更早的经过在归档文件") && notes.contains(".journal") && notes.contains("接上归档目录"), "{notes}");
    assert_eq!(office.state("记录.xml").await, Some(State::Entered));
    std::fs::rename(archive.with_extension("away"), &archive).unwrap();
    assert_eq!(told(&office, "记录.xml").await, before);
    office.close().await;
}
