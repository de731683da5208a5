//! `dangri doctor`: what must be right for documents to arrive, one line each, with what to do.

use std::{
    io::{self, Write as _},
    path::Path,
    sync::mpsc,
    time::Duration,
};

use rustix::fs::{Access, access};
use serde::Serialize;

use super::{args::JsonArg, envelope, place::Place, status, terminal::Terminal};
use crate::{
    clock::{Clock as _, SystemClock},
    config::{self, Config, Disk},
    control::AskError,
    status::{
        Exit, FolderState, GateState, Problem, Status,
        text::{Colour, Style},
        words,
    },
};

/// How long a share may take to answer before it counts as hanging.
const SHARE_PATIENCE: Duration = Duration::from_secs(10);

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Mark {
    Well,
    Note,
    Wrong,
    NotChecked,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    mark: Mark,
    said: String,
    advice: String,
    exit: Exit,
}

impl Check {
    fn well(name: &'static str, said: impl Into<String>) -> Self {
        Self { name, mark: Mark::Well, said: said.into(), advice: String::new(), exit: Exit::Well }
    }

    fn note(name: &'static str, said: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { mark: Mark::Note, advice: advice.into(), ..Self::well(name, said) }
    }

    fn not_checked(name: &'static str, said: impl Into<String>) -> Self {
        Self { mark: Mark::NotChecked, ..Self::well(name, said) }
    }

    fn wrong(name: &'static str, exit: Exit, said: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { mark: Mark::Wrong, advice: advice.into(), exit, ..Self::well(name, said) }
    }
}

/// Checks everything; answers the most severe of what is wrong.
pub(super) fn run(args: JsonArg, place: &Place, to: &mut Terminal<'_>) -> io::Result<Exit> {
    let checks = examine(place);
    let exit = checks.iter().fold(Exit::Well, |worst, check| worst.worse(check.exit));
    if args.json {
        let wrong = checks.iter().filter(|c| c.mark == Mark::Wrong);
        let problems: Vec<_> = wrong.map(|c| Problem::new(c.exit, 50, format!("{}：{}", c.name, c.said), &*c.advice)).collect();
        envelope::write(to, "dangri.doctor/1", SystemClock.now(), exit, Some(&checks), &problems)?;
    } else {
        to.out.write_all(tell(&checks, to.style).as_bytes())?;
    }
    Ok(exit)
}

fn examine(place: &Place) -> Vec<Check> {
    let (mut checks, config) = of_configuration(&place.config());
    match config {
        Some(config) => {
            checks.extend(of_folder(&config));
            checks.extend(of_state_folder(&config));
            checks.extend(of_credentials(&config));
        }
        None => checks.push(Check::not_checked("目录、磁盘、密钥", "配置改好后再查")),
    }
    checks.extend(of_daemon(status::fetch(place)));
    checks
}

fn of_configuration(file: &Path) -> (Vec<Check>, Option<Config>) {
    const NAME: &str = "配置";
    let shown = words::plain(&file.display().to_string());
    match config::load(file) {
        Ok(config) => {
            let mut checks = vec![Check::well(NAME, shown)];
            checks.extend(config.warnings.iter().map(|w| Check::note(NAME, format!("{}：{}", w.key, w.why), &*w.fix)));
            (checks, Some(config))
        }
        Err(problems) => {
            let said = |p: &config::Problem| format!("{shown} {}：{}", p.key, p.why);
            let checks = problems.0.iter().map(|p| Check::wrong(NAME, Exit::Usage, said(p), &*p.fix)).collect();
            // Mistakes that only concern what stands on the disk leave a configuration to go on with.
            (checks, config::read(file).ok())
        }
    }
}

/// The watched folder, asked from another thread: a share that hangs must not hang the doctor (faults 46).
fn of_folder(config: &Config) -> Vec<Check> {
    let folder = config.folder.clone();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody listens any more once the patience is over.
        sender.send(look_at_folder(&folder)).unwrap_or_default();
    });
    receiver.recv_timeout(SHARE_PATIENCE).unwrap_or_else(|_| {
        let said = format!("{} 没有反应（已等 10 秒）", words::plain(&config.folder.path.display().to_string()));
        vec![Check::wrong("监视目录", Exit::NeedsPerson, said, "多半是共享断开：请检查网络和挂载")]
    })
}

fn look_at_folder(folder: &config::Folder) -> Vec<Check> {
    let shown = words::plain(&folder.path.display().to_string());
    let wrong = |name, said: String, advice: &str| vec![Check::wrong(name, Exit::NeedsPerson, said, advice)];
    if let Err(error) = std::fs::read_dir(&folder.path) {
        return wrong(
            "监视目录",
            format!("{shown} 读不出来（{}）", words::trouble(error.kind())),
            "请检查共享是否挂上、运行本程序的用户有没有读取权限",
        );
    }
    let mut checks = vec![Check::well("监视目录", shown)];
    match std::fs::symlink_metadata(folder.path.join(&folder.marker)) {
        Ok(about) if about.is_file() => checks.push(Check::well("标记文件", words::plain(&folder.marker))),
        _ => {
            let said = format!("没有 {}", words::plain(&folder.marker));
            let advice = "多半是共享没有挂上：请先核对挂载。确认目录无误、又是首次使用，才运行 dangri init 放入";
            checks.extend(wrong("标记文件", said, advice));
        }
    }
    if folder.side_files || folder.receipt_files {
        match access(&folder.path, Access::WRITE_OK) {
            Ok(()) => checks.push(Check::well("写入权限", "可以在草稿旁写“退回原因”")),
            Err(_) => {
                let advice = "给运行本程序的用户加写入权限；只读共享请在配置中关掉 folder.side_files";
                checks.push(Check::note("写入权限", "不能在草稿旁写“退回原因”", advice));
            }
        }
    }
    checks
}

fn of_state_folder(config: &Config) -> Vec<Check> {
    const NAME: &str = "数据目录";
    let shown = words::plain(&config.state.display().to_string());
    // Before the first start the folder is not there yet; what counts then is where it will be.
    let standing = config.state.ancestors().find(|p| std::fs::metadata(p).is_ok()).unwrap_or(Path::new("/"));
    if let Some(why) = Disk::of(standing).unfit_to_keep() {
        return vec![Check::wrong(NAME, Exit::Usage, format!("{shown} {why}"), "改到本机硬盘上，如 /var/lib/dangri")];
    }
    let mut checks = vec![match std::fs::metadata(&config.state) {
        Ok(about) if about.is_dir() => Check::well(NAME, shown),
        Ok(_) => Check::wrong(NAME, Exit::Usage, format!("{shown} 不是目录"), "检查配置"),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Check::note(NAME, format!("{shown} 还没有"), "首次运行时会自动建立"),
        Err(_) => Check::not_checked(NAME, format!("{shown} 无权查看，请用 sudo 运行")),
    }];
    if let Ok(volume) = rustix::fs::statvfs(standing) {
        let free = volume.f_bavail.saturating_mul(volume.f_frsize);
        let share = volume.f_blocks.saturating_mul(volume.f_frsize) / 100 * u64::from(config.store.low_water_percent);
        let wanted = config.store.low_water_bytes.max(share);
        let said = format!("剩 {}", words::bytes(free));
        let advice = format!("请清理磁盘：少于 {} 就停止收取新文书", words::bytes(wanted));
        checks.push(if free < wanted { Check::wrong("磁盘", Exit::NeedsPerson, said, advice) } else { Check::well("磁盘", said) });
    }
    checks
}

fn of_credentials(config: &Config) -> Vec<Check> {
    let platform = &config.platform;
    let mut checks = vec![of_secret("平台密钥", &platform.secret)];
    let certificates =
        [("平台根证书", platform.ca_file.as_deref()), ("客户端证书", platform.client.as_ref().map(|c| c.certificate.as_path()))];
    for (name, path) in certificates {
        let Some(path) = path else { continue };
        let shown = words::plain(&path.display().to_string());
        checks.push(match std::fs::read(path) {
            Ok(pem) if pem.windows(27).any(|w| w == b"-----BEGIN CERTIFICATE-----") => Check::well(name, shown),
            Ok(_) => Check::wrong(name, Exit::Usage, format!("{shown} 不是 PEM 证书"), "向平台索取 PEM 格式的证书"),
            Err(error) => {
                Check::wrong(name, Exit::Usage, format!("{shown} 读不出来（{}）", words::trouble(error.kind())), "检查路径和权限")
            }
        });
    }
    checks.extend(platform.client.as_ref().map(|client| of_secret("客户端证书密钥", &client.key)));
    checks
}

fn of_secret(name: &'static str, secret: &config::SecretRef) -> Check {
    match secret.read() {
        Ok(_) => Check::well(name, "可以读取"),
        Err(error) => Check::wrong(name, Exit::Usage, error.to_string(), "检查文件、权限（只许属主读）或 systemd 凭据"),
    }
}

/// What only the running daemon knows.
fn of_daemon(fetched: Result<Status, AskError>) -> Vec<Check> {
    let status = match fetched {
        Ok(status) => status,
        Err(error) => {
            let problem = error.problem();
            let rest = Check::not_checked("平台、时钟、数据", "程序运行起来才知道");
            return vec![Check::wrong("程序", problem.exit(), problem.message, problem.hint), rest];
        }
    };
    let ran = words::span(status.at.since(status.started));
    let mut checks = vec![Check::well("程序", format!("{} 正在运行，已 {ran}（进程 {}）", status.version, status.pid))];
    checks.extend(of_what_goes_well(&status));
    let problems = status.problems();
    checks.extend(problems.into_iter().map(|p| Check::wrong(subject(&p), p.exit(), p.message, p.hint)));
    checks
}

/// What a problem is about.
fn subject(problem: &Problem) -> &'static str {
    match problem.code.as_str() {
        "D-1102" => "程序",
        "D-0901" | "D-0902" => "数据",
        "D-0601" | "D-0501" | "D-0308" => "平台",
        "D-0309" => "证书",
        "D-0320" | "D-0321" | "D-0322" | "D-0323" | "D-0324" => "平台",
        "D-0307" => "时钟",
        "D-0306" | "D-0310" => "监视目录",
        "D-0311" => "磁盘",
        _ => "文书",
    }
}

/// What is right and worth saying, so that a check-up without complaints is seen to have looked.
fn of_what_goes_well(status: &Status) -> Vec<Check> {
    let mut checks = Vec::new();
    let platform = &status.platform;
    match platform.gate {
        GateState::Open => {
            let last = platform.last_success.map_or_else(|| "尚无".into(), |at| words::moment(at, status.at));
            checks.push(Check::well("平台", format!("{} 上次成功 {last}", platform.address)));
        }
        GateState::Untried => checks.push(Check::not_checked("平台", "还没有联系过")),
        GateState::Down | GateState::Probing | GateState::Refused => {}
    }
    match platform.skew_millis {
        Some(ms) if ms.unsigned_abs() <= 60_000 => checks.push(Check::well("时钟", format!("与平台相差 {} 毫秒", ms.unsigned_abs()))),
        Some(_) => {}
        None => checks.push(Check::not_checked("时钟", "还没有与平台比对过")),
    }
    if status.store.unwell.is_none() && status.store.damage == 0 {
        let documents = words::thousands(status.counts.values().sum());
        checks.push(Check::well("数据", format!("{documents} 件文书，没有发现损坏")));
    }
    match &status.drift.run {
        Some(run) if !run.unfinished.is_empty() => {
            checks.push(Check::note("平台存件", format!("核对没有做完：{}", run.unfinished), "程序下次会接着核对"));
        }
        Some(run) if status.drift.copies.is_empty() => {
            let said = format!("近期 {} 件与本机一致，核对于 {}", words::thousands(run.compared), words::moment(run.at, status.at));
            checks.push(Check::well("平台存件", said));
        }
        Some(_) => {}
        None => checks.push(Check::not_checked("平台存件", "还没有核对过")),
    }
    match status.store.last_backup {
        Some(at) => checks.push(Check::well("备份", format!("上次 {}", words::moment(at, status.at)))),
        None => checks.push(Check::note("备份", "还没有备份过", "运行 dangri backup 目录，或在配置中写 [backup]")),
    }
    if status.folder.state == FolderState::Watched {
        checks.push(Check::well("巡视", format!("看到 {} 个文件", words::thousands(status.folder.files))));
    }
    checks
}

fn tell(checks: &[Check], style: Style) -> String {
    let width = checks.iter().map(|c| words::width(c.name)).max().unwrap_or(0);
    let mut text = String::new();
    for check in checks {
        let (mark, colour) = match check.mark {
            Mark::Well => ("✔", Colour::Green),
            Mark::Note => ("!", Colour::Yellow),
            Mark::Wrong => ("✘", Colour::Red),
            Mark::NotChecked => ("-", Colour::Grey),
        };
        text += &format!("{} {}  {}\n", style.paint(colour, mark), words::pad(check.name, width), check.said);
        if !check.advice.is_empty() {
            text += &format!("  {}  → {}\n", " ".repeat(width), check.advice);
        }
    }
    let wrong = checks.iter().filter(|c| c.mark == Mark::Wrong).count();
    let last = if wrong == 0 { "没有发现问题。".to_owned() } else { format!("有 {wrong} 处需要处理。") };
    text + &last + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::super::status::samples;
    use super::*;
    use crate::document::State;

    #[test]
    fn a_daemon_with_trouble_reads_like_this() {
        let mut status = samples::bad_day();
        status.platform.gate = GateState::Down;
        status.platform.said = "平台出错（HTTP 502）".into();
        status.counts.insert(State::Corrupt, 1);
        insta::assert_snapshot!(tell(&of_daemon(Ok(status)), Style::PLAIN));
    }

    #[test]
    fn a_daemon_without_trouble_reads_like_this() {
        insta::assert_snapshot!(tell(&of_daemon(Ok(samples::good_day())), Style::PLAIN));
    }

    #[test]
    fn a_daemon_that_does_not_run_reads_like_this() {
        insta::assert_snapshot!(tell(&of_daemon(Err(AskError::NotRunning)), Style::PLAIN));
    }
}
