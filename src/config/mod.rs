//! What the operator wrote, and what dangri means by it.
//!
//! [`load`] answers with a [`Config`] of legal values only, or with every problem at once: lines that are not TOML, unknown keys with
//! the one that was probably meant, wrong types, values out of range, settings that cannot both stand, what is missing on the disk,
//! secrets that cannot be read. Exit code 2.

mod address;
mod alert;
mod campaign;
mod checked;
mod keys;
mod problem;
mod raw;
mod schedule;
mod secret;
mod survey;
mod syntax;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use alert::{Alert, Channel, Least, MailTls, Means, Outside, Person, Robot, RobotMake, Role, Turn, read_outside};
pub use campaign::Campaign;
pub use checked::{
    AfterEntry, Backup, Check, ClientCertificate, Config, Console, Day, DayTime, Folder, Log, Office, PenaltyLane, Platform, Publication,
    Retention, Schedules, Serials, Store, Upload,
};
pub(crate) use problem::print_list;
pub use problem::{Problem, Problems};
pub use raw::Setting;
pub use schedule::{Schedule, ScheduleError};
pub use secret::{SecretError, SecretRef};
pub use survey::Disk;

/// The largest configuration file, in bytes.
const LONGEST: u64 = 1024 * 1024;

impl Config {
    /// Reads a configuration's text without looking at the disk; relative paths are relative to `base`.
    ///
    /// # Errors
    /// Every problem that the text shows.
    pub fn parse(text: &str, base: &Path) -> Result<Self, Problems> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let (root, errors) = toml::de::DeTable::parse_recoverable(text);
        let mut syntax = syntax::problems(text, &errors);
        let mut file = raw::File::new(text, root.get_ref(), syntax.is_empty(), base);
        let mut config = keys::read(&mut file);
        file.note_unknown();
        let raw::File { mut problems, settings, warnings, .. } = file;
        problems.append(&mut syntax);
        if problems.is_empty() {
            config.settings = settings;
            config.warnings = warnings;
            return Ok(config);
        }
        problems.sort_by_key(|p| p.line.unwrap_or(usize::MAX));
        Err(Problems(problems))
    }
}

/// Reads the configuration without asking whether what it names is there: for commands that only look for the daemon's socket.
///
/// # Errors
/// Every problem that the file shows.
pub fn read(path: &Path) -> Result<Config, Problems> {
    let (text, base) = text_of(path)?;
    Config::parse(&text, &base)
}

/// The text of a configuration, and the folder that its relative paths are relative to.
fn text_of(path: &Path) -> Result<(String, PathBuf), Problems> {
    let failed = |why: String, fix: &str| Problems(vec![Problem::new("", why, fix)]);
    let text = std::fs::metadata(path)
        .and_then(|about| {
            if about.len() > LONGEST || !about.is_file() {
                return Err(std::io::ErrorKind::InvalidInput.into());
            }
            std::fs::read(path)
        })
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => failed("没有这个文件".into(), "检查 --config 后的路径；新装时从 config/dangri.toml 抄一份"),
            std::io::ErrorKind::PermissionDenied => failed("无权读取".into(), "用运行本程序的用户执行，或检查文件权限"),
            std::io::ErrorKind::InvalidInput => failed("不是配置文件".into(), "指向 dangri.toml"),
            kind => failed(format!("读不出来（{kind}）"), "检查硬盘和路径"),
        })?;
    let text =
        String::from_utf8(text).map_err(|_| failed("不是 UTF-8 编码".into(), "用编辑器另存为 UTF-8（记事本：另存为 → 编码选 UTF-8）"))?;
    // A bare file name has an empty folder, which has no absolute form.
    let base = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let base = std::path::absolute(base).unwrap_or_else(|_| base.to_owned());
    Ok((text, base))
}

/// Reads the configuration and looks at everything that it names.
///
/// # Errors
/// Every problem that the file and the disk show.
pub fn load(path: &Path) -> Result<Config, Problems> {
    let mut config = read(path)?;
    let (problems, mut warnings) = survey::survey(&config);
    if !problems.is_empty() {
        return Err(Problems(with_lines(problems, &config.settings)));
    }
    config.warnings.append(&mut warnings);
    config.warnings = with_lines(std::mem::take(&mut config.warnings), &config.settings);
    Ok(config)
}

/// Adds the lines that set the keys spoken of.
fn with_lines(mut problems: Vec<Problem>, settings: &[Setting]) -> Vec<Problem> {
    for problem in &mut problems {
        let setting = settings.iter().find(|s| problem.key.rsplit_once('.') == Some((&*s.section, s.key)));
        problem.line = problem.line.or(setting.and_then(|s| s.line));
    }
    problems.sort_by_key(|p| p.line.unwrap_or(usize::MAX));
    problems
}
