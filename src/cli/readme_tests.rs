//! Every command that the README shows is held against the commands that there are, so that it cannot show one that is not understood.

use std::{collections::BTreeSet, ffi::OsString};

use clap::error::ErrorKind;

use super::help::command;

const README: &str = include_str!("../../README.md");

/// What stands in the place of what a person fills in.
const FILLED_IN: [(&str, &str); 9] = [
    ("姓名", "王芳"),
    ("日期", "2023-04-03"),
    ("文号", "（淄）应急检记〔2023〕1号"),
    ("文件", "a.xml"),
    ("文件…", "a.xml"),
    ("目录", "copy"),
    ("原因", "演练"),
    ("网址", "http://127.0.0.1:8420"),
    ("格式", "shandong"),
];

/// The commands of the README, as they stand there: lines of the indented blocks, and whatever stands between backquotes.
fn shown() -> Vec<String> {
    let mut found = Vec::new();
    for line in README.lines() {
        match line.strip_prefix("    ") {
            Some(command) => found.extend(of_ours(command)),
            None => found.extend(line.split('`').skip(1).step_by(2).filter_map(of_ours)),
        }
    }
    found
}

/// What comes after the program's name, without the words beside it; `None` for a command of another program.
fn of_ours(text: &str) -> Option<String> {
    let text = text.split(" # ").next().unwrap_or(text).trim();
    let text = text.strip_prefix("sudo ").unwrap_or(text);
    let text = text.strip_prefix("./").unwrap_or(text);
    let words = match text.strip_prefix("cargo run --release -- ") {
        Some(words) => words,
        None => text.strip_prefix("dangri ").or((text == "dangri").then_some(""))?,
    };
    // In a table, two blanks end the command and begin what it is for.
    Some(words.split("  ").next().unwrap_or_default().replace(" | ", "|").trim().to_owned())
}

/// The lines that a person may type where the README writes `a|b` and `[--option]`.
fn meant(command: &str) -> Vec<Vec<String>> {
    let mut lines = vec![Vec::new()];
    for word in command.split_whitespace().map(|word| word.trim_matches(['[', ']'])) {
        let fill = |choice: &str| FILLED_IN.iter().find(|(name, _)| *name == choice).map_or(choice, |(_, value)| value).to_owned();
        lines = lines
            .iter()
            .flat_map(|line: &Vec<String>| word.split('|').map(move |choice| line.iter().cloned().chain([fill(choice)]).collect()))
            .collect();
    }
    lines
}

#[test]
fn every_command_that_the_readme_shows_is_understood() {
    let (mut wrong, mut typed) = (Vec::new(), BTreeSet::new());
    let shown = shown();
    assert!(shown.len() > 40, "only {} commands were found", shown.len());
    for text in &shown {
        for line in meant(text) {
            typed.extend(line.first().cloned());
            let arguments = std::iter::once("dangri").chain(line.iter().map(String::as_str)).map(OsString::from);
            match command().try_get_matches_from(arguments) {
                Ok(_) => {}
                // A list of commands, or the bare name of one, leaves out what each of them wants.
                Err(error) if is_only_named(text, &line) && leaves_out(error.kind()) => {}
                Err(error) => wrong.push(format!("dangri {text}: {error}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known: BTreeSet<String> = command().get_subcommands().map(|known| known.get_name().to_owned()).collect();
    assert_eq!(known.difference(&typed).collect::<Vec<_>>(), Vec::<&String>::new(), "the README never shows these");
}

fn is_only_named(text: &str, line: &[String]) -> bool {
    text.contains('|') || line.iter().all(|word| !word.starts_with('-') && word.is_ascii())
}

fn leaves_out(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::MissingRequiredArgument | ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand)
}

#[test]
fn a_command_that_nobody_understands_would_be_noticed() {
    assert_eq!(of_ours("sudo dangri init    # 放入标记").as_deref(), Some("init"));
    assert_eq!(of_ours("dangri plan import | show   查看").as_deref(), Some("plan import|show"));
    assert_eq!(of_ours("cargo test"), None);
    assert_eq!(meant("queue list|show [--json]"), [["queue", "list", "--json"], ["queue", "show", "--json"]]);
}
