//! `dangri config check` and `dangri config show`.

use std::{
    io::{self, Write},
    path::Path,
};

use crate::{
    config::{self, Config, Problem, Problems},
    daemon,
    document::Timestamp,
};

/// All well.
const WELL: u8 = 0;
/// Wrong configuration.
const WRONG: u8 = 2;
/// It would run, but something needs a person.
const NEEDS_A_PERSON: u8 = 3;

/// Looks at the configuration and everything it names; prints every problem at once, or the next three times of each schedule. Answers
/// the exit code: 0 well, 3 would run but deserves a look, 2 wrong.
///
/// # Errors
/// Those of the writer.
pub fn check(file: &Path, now: Timestamp, json: bool, to: &mut dyn Write) -> io::Result<u8> {
    // What it names is read as well: a start would refuse it all the same.
    let loaded = config::load(file).and_then(|config| match daemon::rehearse(&config) {
        problems if problems.is_empty() => Ok(config),
        problems => Err(Problems(problems)),
    });
    let code = match &loaded {
        Err(_) => WRONG,
        Ok(config) if config.warnings.is_empty() => WELL,
        Ok(_) => NEEDS_A_PERSON,
    };
    if json {
        let (problems, warnings): (&[Problem], &[Problem]) = match &loaded {
            Err(Problems(problems)) => (problems, &[]),
            Ok(config) => (&[], &config.warnings),
        };
        let data = serde_json::json!({
            "schema": "dangri.config-check/1",
            "time": now,
            "ok": code == WELL,
            "code": code,
            "data": { "problems": problems, "warnings": warnings },
        });
        writeln!(to, "{data}")?;
        return Ok(code);
    }
    match &loaded {
        Err(problems) => problems.print(file, to)?,
        Ok(config) => {
            if config.warnings.is_empty() {
                writeln!(to, "配置 {} 没有问题。", file.display())?;
            } else {
                let count = config.warnings.len();
                writeln!(to, "配置 {} 可以运行，但有 {count} 处要留意：", file.display())?;
                config::print_list(&config.warnings, to)?;
            }
            times(config, now, to)?;
        }
    }
    Ok(code)
}

/// The words of each schedule's key.
fn task(key: &str) -> &'static str {
    match key {
        "schema_check" => "核对平台格式",
        "read_back" => "核对平台存件",
        "publication" => "核对公示",
        "publication_full" => "核对全部公示",
        "archive" => "归档流水账",
        "backup" => "备份",
        _ => "通读流水账",
    }
}

fn times(config: &Config, now: Timestamp, to: &mut dyn Write) -> io::Result<()> {
    writeln!(to, "接下来三次（北京时间）：")?;
    for (key, schedule) in config.schedule.each() {
        let next: Vec<String> = schedule
            .map(|s| s.upcoming(now, 3))
            .unwrap_or_default()
            .into_iter()
            .map(|at| at.beijing().format("%Y-%m-%d %H:%M").to_string())
            .collect();
        let next = if next.is_empty() { "不做".to_owned() } else { next.join("，") };
        writeln!(to, "  {}（schedule.{key}）：{next}", task(key))?;
    }
    Ok(())
}

/// Prints every setting in force and where it comes from. Secrets are named by where they lie, never shown.
///
/// # Errors
/// Those of the writer.
pub fn show(file: &Path, json: bool, to: &mut dyn Write) -> io::Result<u8> {
    let config = match config::read(file) {
        Ok(config) => config,
        Err(problems) => {
            problems.print(file, to)?;
            return Ok(WRONG);
        }
    };
    if json {
        let data = serde_json::json!({ "schema": "dangri.config/1", "ok": true, "code": WELL, "data": config.settings });
        writeln!(to, "{data}")?;
        return Ok(WELL);
    }
    let mut section = "";
    for setting in &config.settings {
        if setting.section != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            section = &setting.section;
            // One of several alike is written with double brackets and without its number.
            match section.split_once('[') {
                Some((name, _)) => writeln!(to, "{gap}[[{name}]]")?,
                None => writeln!(to, "{gap}[{section}]")?,
            }
        }
        let origin = setting.line.map_or_else(|| "默认".to_owned(), |line| format!("第 {line} 行"));
        writeln!(to, "{} = {}  # {origin}", setting.key, setting.value)?;
    }
    Ok(WELL)
}
