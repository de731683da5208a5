//! The example file, and a corpus of broken files with the exact words that they get: `tests/it/config/*.toml` beside `*.expected.txt`.

use std::path::{Path, PathBuf};

use super::*;

const EXAMPLE: &str = include_str!("../../config/dangri.toml");

/// Nothing but what must be there.
const LEAST: &str = r#"
[office]
name = "某某区应急管理局"
uscc = "113703020042700086"
[folder]
path = "/srv/wenshu"
[platform]
app_id = "dangri-demo"
secret = { credential = "platform" }
"#;

fn at(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(at(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_in_config_loads() {
    let files = files("config", "toml");
    assert!(!files.is_empty());
    for path in files {
        if let Err(problems) = read(&path) {
            panic!("{}:\n{problems}", path.display());
        }
    }
}

#[test]
fn the_example_says_every_key_with_the_default_that_the_code_has() {
    let base = Path::new("/etc/dangri");
    let example = Config::parse(EXAMPLE, base).unwrap();
    let least = Config::parse(LEAST, base).unwrap();
    assert_eq!(example.settings.len(), least.settings.len());
    for (said, meant) in example.settings.iter().zip(&least.settings) {
        assert_eq!((&said.section, said.key), (&meant.section, meant.key));
        assert_eq!(said.value, meant.value, "{}.{}", said.section, said.key);
        let line = said.line.unwrap_or_else(|| panic!("{}.{} is not in the example", said.section, said.key));
        let above = EXAMPLE.lines().nth(line - 2).unwrap();
        assert!(above.starts_with("# ") && above.ends_with('。'), "line {line} has no sentence above it");
    }
}

/// The keys that a section may have: what is said of a key that it may not have names them.
fn known_keys(section: &str, kind: &str) -> Vec<String> {
    let text = format!("{LEAST}\n[[alert.{section}]]\n{kind}\nzzzzzzzz = 1\n");
    let told = Config::parse(&text, Path::new("/")).unwrap_err().to_string();
    let (_, keys) = told.split_once("可用的有 ").unwrap_or_else(|| panic!("{told}"));
    keys.lines().next().unwrap().split('、').map(str::to_owned).collect()
}

#[test]
fn every_key_of_channels_and_people_has_its_sentence_in_the_example() {
    let mut blocks: Vec<(&str, Vec<(&str, &str)>)> = Vec::new();
    let lines: Vec<&str> = EXAMPLE.lines().collect();
    for (above, line) in lines.iter().zip(&lines[1..]) {
        let Some(line) = line.strip_prefix('#').filter(|line| !line.starts_with(' ')) else { continue };
        match line.split_once(" = ") {
            None => blocks.push((line, Vec::new())),
            Some((key, value)) => {
                assert!(above.starts_with("# ") && above.ends_with('。'), "no sentence stands above {line}");
                blocks.last_mut().unwrap().1.push((key, value));
            }
        }
    }
    let in_words = |words: &str| blocks.iter().find(|(_, keys)| keys.iter().any(|(_, value)| *value == words)).unwrap();
    let (robot, mail, webhook, command, person) =
        (in_words("\"dingtalk\""), in_words("\"mail\""), in_words("\"webhook\""), in_words("\"command\""), in_words("\"duty\""));
    for (kind, (_, shown)) in
        [("wecom", robot), ("dingtalk", robot), ("feishu", robot), ("mail", mail), ("webhook", webhook), ("command", command)]
    {
        for key in known_keys("channels", &format!("kind = \"{kind}\"")) {
            assert!(shown.iter().any(|(name, _)| *name == key), "{key} of {kind} is not in the example");
        }
    }
    for key in known_keys("people", "role = \"duty\"") {
        assert!(person.1.iter().any(|(name, _)| *name == key), "{key} of a person is not in the example");
    }
    // Whoever takes the marks away has a configuration that loads.
    let enabled: Vec<&str> =
        lines.iter().map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line)).collect();
    let config = Config::parse(&enabled.join("\n"), Path::new("/etc/dangri")).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((config.alert.channels.len(), config.alert.people.len()), (4, 1));
}

#[test]
fn each_broken_file_gets_exactly_the_words_written_down_for_it() {
    let files = files("tests/it/config", "toml");
    assert!(files.len() >= 10, "the corpus is gone");
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let said = match Config::parse(&text, Path::new("/etc/dangri")) {
            Ok(config) => panic!("{} was accepted: {config:?}", path.display()),
            Err(problems) => format!("{problems}\n"),
        };
        let expected = path.with_extension("expected.txt");
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            std::fs::write(&expected, &said).unwrap();
        }
        let wanted = std::fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(said, wanted, "{}", path.display());
    }
}

#[test]
fn a_secret_written_into_the_file_is_refused_and_not_repeated() {
    for line in [
        "secret = \"hunter2-hunter2\"",
        "secret = 'hunter2-hunter2",
        "secret = { password = \"hunter2-hunter2\" }",
        "secret = { literal = \"hunter2-hunter2\", file = \"a\" }",
        "password = \"hunter2-hunter2\"",
        "secret = hunter2-hunter2",
        "proxy = \"http://me:hunter2-hunter2@proxy:3128\"",
        "base_url = \"https://me:hunter2-hunter2@a\"",
    ] {
        let text = LEAST.replace("secret = { credential = \"platform\" }", line);
        let Problems(problems) = Config::parse(&text, Path::new("/")).unwrap_err();
        let problems = Problems(problems).to_string();
        assert!(!problems.contains("hunter2"), "{line}: {problems}");
    }
}

#[test]
fn what_is_named_but_not_there_is_told_of_all_at_once() {
    // On a disk, for the state folder's sake; the system's folder for temporary files may lie in memory.
    let disk = concat!(env!("CARGO_MANIFEST_DIR"), "/target");
    std::fs::create_dir_all(disk).unwrap();
    let folder = tempfile::tempdir_in(disk).unwrap();
    let path = folder.path().join("dangri.toml");
    let text = LEAST
        .replace("[platform]", "[state]\npath = \"gone/state\"\n[platform]\nca_file = \"ca.pem\"")
        .replace("{ credential = \"platform\" }", "{ file = \"secret\" }");
    std::fs::write(&path, &text).unwrap();
    let Problems(problems) = load(&path).unwrap_err();
    let keys: Vec<&str> = problems.iter().map(|p| p.key.as_str()).collect();
    assert_eq!(keys, ["state.path", "platform.ca_file", "platform.secret", "platform.profile"]);
    assert!(problems[0].why.contains(&folder.path().display().to_string()));

    // Mended, it loads; the share that is not there yet is only worth a look.
    std::fs::create_dir_all(folder.path().join("gone/state")).unwrap();
    std::fs::create_dir_all(folder.path().join("platform/shandong")).unwrap();
    std::fs::write(folder.path().join("ca.pem"), "x").unwrap();
    std::fs::write(folder.path().join("secret"), "x").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(folder.path().join("secret"), mode).unwrap();
    std::fs::write(&path, text.replace("/srv/wenshu", "share")).unwrap();
    let config = load(&path).unwrap();
    // That nobody would be told is worth a look too.
    let mut warnings: Vec<_> = config.warnings.iter().map(|w| (w.key.as_str(), w.line)).collect();
    warnings.sort_unstable();
    assert_eq!(warnings, [("alert.channels", None), ("folder.path", Some(6))]);
    assert_eq!(config.folder.path, folder.path().join("share"));
}

#[test]
fn a_file_that_is_not_there_or_not_utf8_is_said_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dangri.toml");
    assert!(read(&path).unwrap_err().to_string().contains("没有这个文件"));
    std::fs::write(&path, b"[office]\nname = \"\xd6\xd0\"\n").unwrap();
    assert!(read(&path).unwrap_err().to_string().contains("UTF-8"));
    std::fs::write(&path, format!("\u{feff}{}", LEAST.replace('\n', "\r\n"))).unwrap();
    assert!(read(&path).is_ok());
}

#[test]
fn the_commands_print_and_answer_their_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("dangri.toml");
    let now = crate::document::Timestamp::parse("2023-04-07T12:00:00+08:00").unwrap();
    std::fs::write(&path, LEAST.replace("app_id", "ap_id")).unwrap();
    let mut out = Vec::new();
    assert_eq!(crate::cli::config::check(&path, now, false, &mut out).unwrap(), 2);
    assert!(String::from_utf8(out).unwrap().contains("是不是 app_id？"));

    for name in ["share", "state", "platform/shandong"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
    }
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "hunter2").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secret, mode).unwrap();
    let text = LEAST
        .replace("/srv/wenshu", "share")
        .replace("[platform]", "[state]\npath = \"state\"\n[platform]")
        .replace("{ credential = \"platform\" }", "{ file = \"secret\" }");
    // What would be refused at the start is refused here, all of it at once: a profile without forms, a certificate that is none.
    let bad = text.replace("[platform]", "[platform]\nca_file = \"secret\"");
    std::fs::write(folder.path().join("platform/shandong/profile.toml"), "address = 1").unwrap();
    std::fs::write(&path, &bad).unwrap();
    let mut out = Vec::new();
    assert_eq!(crate::cli::config::check(&path, now, false, &mut out).unwrap(), 2);
    let said = String::from_utf8(out).unwrap();
    assert!(said.contains("profile.toml") && said.contains("没有表单定义"), "{said}");
    let ours = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config/platform/shandong");
    std::fs::remove_dir_all(folder.path().join("platform/shandong")).unwrap();
    std::os::unix::fs::symlink(ours, folder.path().join("platform/shandong")).unwrap();
    let mut out = Vec::new();
    assert_eq!(crate::cli::config::check(&path, now, false, &mut out).unwrap(), 2);
    let said = String::from_utf8(out).unwrap();
    assert!(said.contains("platform.ca_file"), "{said}");

    std::fs::write(&path, text).unwrap();
    let mut out = Vec::new();
    assert_eq!(crate::cli::config::check(&path, now, false, &mut out).unwrap(), 3, "nobody would be told");
    let said = String::from_utf8(out).unwrap();
    assert!(said.contains("没有配置告警渠道"), "{said}");
    assert!(said.contains("备份（schedule.backup）："), "{said}");
    let mut out = Vec::new();
    assert_eq!(crate::cli::config::show(&path, false, &mut out).unwrap(), 0);
    let said = String::from_utf8(out).unwrap();
    assert!(said.contains("settle_secs = 5  # 默认") && said.contains("app_id = \"dangri-demo\"  # 第 10 行"), "{said}");
    assert!(said.contains("secret = { file =") && !said.contains("hunter2"));
    let shown = Config::parse(&said, Path::new("/")).unwrap();
    assert_eq!(shown.folder.settle, chrono::Duration::seconds(5));
}

#[test]
fn the_service_is_as_closed_as_promised() {
    let analyze = std::process::Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(at("config/dangri.service"))
        .output();
    let Ok(said) = analyze else {
        return crate::not_shown::not_shown("there is no systemd-analyze here");
    };
    let said = String::from_utf8_lossy(&said.stdout);
    let Some((_, score)) = said.split_once("exposure level for dangri.service: ") else {
        return crate::not_shown::not_shown("systemd-analyze cannot judge offline here");
    };
    let score: f32 = score.split(' ').next().unwrap().parse().unwrap();
    assert!(score <= 2.0, "{said}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn no_damage_to_the_file_makes_the_reader_panic(
        at in 0.0_f64..1.0, length in 0_usize..40, put in "[\\PC\n\"'=\\[\\]{}#]{0,12}",
    ) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fraction of a length")]
        let start = (EXAMPLE.len() as f64 * at) as usize;
        let boundary = |mut n: usize| { while !EXAMPLE.is_char_boundary(n) { n -= 1; } n };
        let (from, to) = (boundary(start), boundary((start + length).min(EXAMPLE.len())));
        let text = format!("{}{put}{}", &EXAMPLE[..from], &EXAMPLE[to.max(from)..]);
        if let Err(problems) = Config::parse(&text, Path::new("/etc/dangri")) {
            proptest::prop_assert!(!problems.to_string().is_empty());
        }
    }
}

#[test]
fn the_channels_of_the_example_can_be_switched_on_as_they_stand() {
    // A line that begins with # and no space is a setting; everything else behind # is a sentence.
    let on = |line: &str| line.strip_prefix('#').filter(|rest| !rest.is_empty() && !rest.starts_with(' ')).unwrap_or(line).to_owned();
    let text = EXAMPLE.lines().map(on).collect::<Vec<_>>().join("\n");
    let config = Config::parse(&text, Path::new("/etc/dangri")).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((config.alert.channels.len(), config.alert.people.len()), (4, 1));
}

#[test]
fn a_watcher_has_a_configuration_of_its_own() {
    let outside = read_outside(&at("config/outside/watch.toml")).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(outside.peer.as_deref(), Some("http://10.0.0.8:8420"));
    assert_eq!(outside.alert.channels.len(), 1);
}
