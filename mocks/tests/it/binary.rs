//! The program that an IT person starts.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::harness::{Ask, Line};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mock-platform"))
}

#[test]
fn the_help_is_chinese() {
    let out = program().arg("--help").output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success() && text.contains("用法：mock-platform [选项]") && text.contains("平台监听地址"), "{text}");
    assert!(!text.contains("Usage") && !text.contains("Print"), "{text}");
}

#[test]
fn a_mistake_is_told_in_words_and_by_the_exit_code() {
    let out = program().args(["--secret-file", "/nowhere/at/all"]).output().unwrap();
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8(out.stderr).unwrap().contains("无法读取 /nowhere/at/all"));
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let mut child =
        program().args(["--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--believable", "3"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.find_map(|l| l.unwrap().split_once("平台地址：http://").map(|(_, a)| a.to_owned())).unwrap();
    let mut line = Line::open(address.parse().unwrap()).await.unwrap();
    assert_eq!(line.ask(Ask::get("/schema")).await.unwrap().code(), "02");
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    assert!(lines.any(|l| l.unwrap().contains("已结束")));
}
