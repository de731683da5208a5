//! What the configuration names on this machine: whether it is there, and whether it can be used.

use std::path::Path;

use rustix::fs::{Access, access, statfs};

use super::{
    alert::Means,
    checked::{AfterEntry, Config},
    problem::Problem,
    secret::SecretRef,
};

/// What kind of disk a path lies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// A disk of this machine, or one that says nothing else of itself.
    Local,
    /// A share; its kind.
    Network(&'static str),
    /// Memory, which forgets everything when the machine goes down; its kind.
    Memory(&'static str),
}

impl Disk {
    /// The disk that `path` lies on; where that cannot be told, local.
    pub fn of(path: &Path) -> Self {
        // linux/magic.h, and the numbers of filesystems that live in user space.
        match statfs(path).map(|about| about.f_type as u64 & 0xFFFF_FFFF) {
            Ok(0x6969) => Self::Network("NFS"),
            Ok(0x517B | 0xFE53_4D42 | 0xFF53_4D42) => Self::Network("SMB"),
            Ok(0x0102_1997) => Self::Network("9P"),
            Ok(0x6573_5546) => Self::Network("FUSE"),
            Ok(0x00C3_6400) => Self::Network("Ceph"),
            Ok(0x0102_1994) => Self::Memory("tmpfs"),
            Ok(0x8584_58F6) => Self::Memory("ramfs"),
            _ => Self::Local,
        }
    }

    /// Why what is taken cannot be kept there, if it cannot: no sync is a promise on a share, and memory forgets.
    pub fn unfit_to_keep(self) -> Option<String> {
        match self {
            Self::Local => None,
            Self::Network(kind) => Some(format!("在网络盘上（{kind}），断电时保不住数据")),
            Self::Memory(kind) => Some(format!("在内存盘上（{kind}），关机或断电后数据全无")),
        }
    }
}

/// Looks at everything that the configuration names. What keeps dangri from starting comes first, then what only deserves a look: a
/// share that is not there yet does not keep it from starting (faults A8.6).
pub(super) fn survey(config: &Config) -> (Vec<Problem>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    folders(config, &mut problems, &mut warnings);
    channels(config, &mut warnings);
    let platform = &config.platform;
    if !is_folder(&platform.profile) {
        problems.push(missing("platform.profile", &platform.profile, "目录", "指向随程序附带的平台目录，例如 \"platform/shandong\""));
    }
    let files = [
        ("platform.ca_file", platform.ca_file.as_deref()),
        ("platform.client_certificate", platform.client.as_ref().map(|c| c.certificate.as_path())),
    ];
    for (key, path) in files {
        if let Some(path) = path
            && std::fs::File::open(path).is_err()
        {
            problems.push(missing(key, path, "能读的文件", "检查路径和权限"));
        }
    }
    if let Some(path) = &config.day.calendar
        && !is_folder(path)
    {
        problems.push(missing("day.calendar_dir", path, "目录", "建好目录，或留空用内置日历"));
    }
    let key = platform.client.as_ref().map(|c| &c.key);
    for (name, secret) in [("platform.secret", Some(&platform.secret)), ("platform.client_key", key)] {
        if let Some(Err(error)) = secret.map(SecretRef::read) {
            problems.push(Problem::new(name, error.why, error.fix));
        }
    }
    (problems, warnings)
}

/// What the alert channels name: a channel that cannot work does not keep dangri from starting, for documents come first.
fn channels(config: &Config, warnings: &mut Vec<Problem>) {
    let alert = &config.alert;
    if alert.channels.is_empty() {
        let why = "没有配置告警渠道，文书逾期时没有人会收到通知";
        warnings.push(Problem::new("alert.channels", why, "加上 [[alert.channels]]，写法见 config/dangri.toml"));
    }
    for (channel, nth) in alert.channels.iter().zip(1..) {
        let key = |name: &str| format!("alert.channels[{nth}].{name}");
        let (secrets, ca_file): (Vec<(&str, &SecretRef)>, _) = match &channel.means {
            Means::Robot(robot) => {
                (std::iter::once(("key", &robot.key)).chain(robot.sign.iter().map(|s| ("sign", s))).collect(), &robot.ca_file)
            }
            Means::Mail { password, ca_file, .. } => (password.iter().map(|s| ("password", s)).collect(), ca_file),
            Means::Webhook { sign, ca_file, .. } => (sign.iter().map(|s| ("sign", s)).collect(), ca_file),
            Means::Command { program, .. } => {
                if access(program, Access::EXEC_OK).is_err() {
                    warnings.push(missing(&key("program"), program, "能运行的程序", "检查路径和权限"));
                }
                continue;
            }
        };
        for (name, secret) in secrets {
            if let Err(error) = secret.read() {
                warnings.push(Problem::new(key(name), error.why, error.fix));
            }
        }
        if let Some(path) = ca_file.as_ref().filter(|path| std::fs::File::open(path).is_err()) {
            warnings.push(missing(&key("ca_file"), path, "能读的文件", "检查路径和权限"));
        }
    }
    if let Some(Err(error)) = alert.ping.as_ref().map(SecretRef::read) {
        warnings.push(Problem::new("alert.ping", error.why, error.fix));
    }
}

fn folders(config: &Config, problems: &mut Vec<Problem>, warnings: &mut Vec<Problem>) {
    let watched = &config.folder.path;
    if !is_folder(watched) {
        warnings.push(missing("folder.path", watched, "目录", "检查路径；是网络共享的，检查是否已挂载"));
    } else if access(watched, Access::READ_OK | Access::EXEC_OK).is_err() {
        warnings.push(Problem::new("folder.path", format!("无权读取 {}", watched.display()), "给运行本程序的用户读取权限"));
    }
    if let AfterEntry::Archive(path) = &config.folder.after_entry
        && !is_folder(path)
    {
        warnings.push(missing("folder.archive", path, "目录", "先建好这个目录"));
    }
    if let Some(path) = &config.backup.path
        && !is_folder(path)
    {
        warnings.push(missing("backup.path", path, "目录", "先建好这个目录，或检查备份盘是否已挂载"));
    }
    let state = &config.state;
    let home = if is_folder(state) { Some(state.as_path()) } else { state.parent() };
    match home.filter(|home| is_folder(home)) {
        None => problems.push(missing("state.path", state, "目录，上一级目录也没有", "先建好目录")),
        Some(home) => {
            if access(home, Access::WRITE_OK | Access::EXEC_OK).is_err() {
                problems.push(Problem::new("state.path", format!("不能写入 {}", home.display()), "给运行本程序的用户写入权限"));
            }
            if let Some(why) = Disk::of(home).unfit_to_keep() {
                let fix = "改到本机硬盘上，如 /var/lib/dangri";
                problems.push(Problem::new("state.path", format!("{} {why}", state.display()), fix));
            }
        }
    }
}

fn missing(key: &str, path: &Path, what: &str, fix: &str) -> Problem {
    Problem::new(key, format!("{} 不是{what}", path.display()), fix)
}

fn is_folder(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|about| about.is_dir())
}
